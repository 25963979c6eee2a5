using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>A tensor in device memory.</summary>
internal sealed class VulkanTensor : Tensor
{
    private readonly VulkanKernels owner;
    private readonly int guard;
    private readonly bool isRented;
    private MemorySlice memory;
    private VulkanTensor? whole;
    private bool disposed = true;

    /// <summary>A tensor that gets memory in <see cref="Begin(Shape, DType, MemoryCategory, MemorySlice)"/>.</summary>
    /// <param name="owner">Who takes the memory back.</param>
    /// <param name="guard">Bytes of the guard in front.</param>
    /// <param name="isRented">Whether the owner takes the object back too.</param>
    public VulkanTensor(VulkanKernels owner, int guard, bool isRented)
        : base(default, default, default)
    {
        this.owner = owner;
        this.guard = guard;
        this.isRented = isRented;
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
            return memory.Part(whole is null ? guard : 0, Bytes);
        }
    }

    /// <summary>Makes it a tensor with memory of its own.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="type">Its type.</param>
    /// <param name="category">What its memory counts as.</param>
    /// <param name="memory">Its memory, guards and padding included.</param>
    public void Begin(Shape shape, DType type, MemoryCategory category, MemorySlice memory)
    {
        (Shape, Type, Category) = (shape, type, category);
        this.memory = memory;
        disposed = false;
        GC.ReRegisterForFinalize(this);
    }

    /// <summary>Makes it some elements of another tensor.</summary>
    /// <param name="whole">Has the memory.</param>
    /// <param name="first">The place of the first element.</param>
    /// <param name="length">How many.</param>
    public void Begin(VulkanTensor whole, int first, int length)
    {
        (Shape, Type, Category) = (Shape.Vector(length), whole.Type, whole.Category);
        memory = whole.Slice.Part(first * (long)sizeof(float), length * (long)sizeof(float));
        this.whole = whole;
        disposed = false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposed)
        {
            // The object would then be two tensors' at once.
            if (isRented && disposing)
            {
                throw new InvalidOperationException("A tensor was disposed that belongs to a tape, a parameter or a batch, which disposes it itself.");
            }

            return;
        }

        disposed = true;
        if (!disposing)
        {
            owner.FreeLater(memory, Bytes, Category);
            return;
        }

        if (whole is null)
        {
            owner.Free(memory, Bytes, Category);
        }

        whole = null;
        if (isRented)
        {
            owner.TakeBack(this);
        }
    }
}
