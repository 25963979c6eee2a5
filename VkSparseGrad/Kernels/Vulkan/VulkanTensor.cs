using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>A tensor in device memory.</summary>
internal sealed class VulkanTensor : Tensor
{
    private readonly MemorySlice slice;
    private readonly VulkanKernels owner;
    private bool disposed;

    public VulkanTensor(Shape shape, DType type, MemoryCategory category, MemorySlice slice, VulkanKernels owner)
        : base(shape, type, category)
    {
        this.slice = slice;
        this.owner = owner;
    }

    /// <summary>A tensor that was never disposed. Finalizers run on a thread of their own, so the owner takes the memory back
    /// later, on its own.</summary>
    ~VulkanTensor() => Dispose(false);

    /// <summary>Bytes of the elements, without the padding of the slice.</summary>
    public long Bytes => Length * sizeof(float);

    /// <summary>Exactly the bytes of the elements.</summary>
    /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
    public MemorySlice Slice
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, typeof(Tensor));
            return slice.Part(0, Bytes);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        if (disposing)
        {
            owner.Free(slice, Category);
        }
        else
        {
            owner.FreeLater(slice, Category);
        }
    }
}
