using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Planning;

/// <summary>A tensor that has no elements, but counts as if it lay in a device's memory.</summary>
internal sealed class CountedTensor : Tensor
{
    private readonly MemoryTracker? memory;
    private readonly long bytes;
    private bool disposed;

    public CountedTensor(Shape shape, DType type, MemoryCategory category, MemoryTracker memory)
        : base(shape, type, category)
    {
        this.memory = memory;
        bytes = DeviceMemoryPool.SliceSize(shape.Length * sizeof(float));
        memory.Allocated(category, bytes);
    }

    /// <summary>Elements of another tensor, which counts them.</summary>
    public CountedTensor(Tensor whole, int length)
        : base(Shape.Vector(length), whole.Type, whole.Category)
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposed)
        {
            disposed = true;
            memory?.Freed(Category, bytes);
        }
    }
}
