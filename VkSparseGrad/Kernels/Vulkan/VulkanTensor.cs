using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>A tensor in device memory.</summary>
internal sealed class VulkanTensor : Tensor
{
    private readonly MemorySlice memory;
    private readonly int guard;
    private readonly VulkanKernels? owner;
    private readonly VulkanTensor? whole;
    private bool disposed;

    /// <summary>A tensor with memory of its own.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="type">Its type.</param>
    /// <param name="category">What its memory counts as.</param>
    /// <param name="memory">Its memory, guards and padding included.</param>
    /// <param name="guard">Bytes of the guard in front.</param>
    /// <param name="owner">Who takes the memory back.</param>
    public VulkanTensor(
        Shape shape, DType type, MemoryCategory category, MemorySlice memory, int guard, VulkanKernels owner)
        : base(shape, type, category)
    {
        this.memory = memory;
        this.guard = guard;
        this.owner = owner;
    }

    /// <summary>Some elements of another tensor.</summary>
    /// <param name="whole">Has the memory.</param>
    /// <param name="first">The place of the first element.</param>
    /// <param name="length">How many.</param>
    public VulkanTensor(VulkanTensor whole, int first, int length)
        : base(Shape.Vector(length), whole.Type, whole.Category)
    {
        this.whole = whole;
        memory = whole.Slice.Part(first * (long)sizeof(float), length * (long)sizeof(float));
        GC.SuppressFinalize(this);
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
            ObjectDisposedException.ThrowIf(disposed || whole is { disposed: true }, typeof(Tensor));
            return memory.Part(guard, Bytes);
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
            owner?.Free(memory, Bytes, Category);
        }
        else
        {
            owner?.FreeLater(memory, Bytes, Category);
        }
    }
}
