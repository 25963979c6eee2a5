using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>A tensor in device memory.</summary>
internal sealed class VulkanTensor : Tensor
{
    private readonly MemorySlice slice;
    private readonly MemoryTracker tracker;
    private bool disposed;

    public VulkanTensor(Shape shape, DType type, MemoryCategory category, MemorySlice slice, MemoryTracker tracker)
        : base(shape, type, category)
    {
        this.slice = slice;
        this.tracker = tracker;
        tracker.Allocated(category, slice.Size);
    }

    /// <summary>Bytes of the elements, without the padding of the slice.</summary>
    public long Bytes => Length * sizeof(float);

    /// <summary>Exactly the bytes of the elements.</summary>
    /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
    public MemorySlice Slice
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return slice.Part(0, Bytes);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposed)
        {
            disposed = true;
            slice.Free();
            tracker.Freed(Category, slice.Size);
        }
    }
}
