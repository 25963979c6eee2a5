namespace VkSparseGrad.Tensors;

/// <summary>A matrix or vector that lives where the kernels that made it compute.</summary>
/// <remarks>Made by <see cref="Kernels.IKernels.Allocate"/> and used only with the kernels that made it. Disposing gives the
/// memory back at once; work recorded earlier still sees it, because reuse is ordered behind that work.</remarks>
public abstract class Tensor : IDisposable
{
    /// <summary>Describes a tensor; the storage is the subclass's.</summary>
    protected Tensor(Shape shape, DType type, MemoryCategory category)
    {
        Shape = shape;
        Type = type;
        Category = category;
    }

    /// <summary>The two dimensions.</summary>
    public Shape Shape { get; private protected set; }

    /// <summary>Number of rows.</summary>
    public int Rows => Shape.Rows;

    /// <summary>Number of columns.</summary>
    public int Columns => Shape.Columns;

    /// <summary>Number of elements.</summary>
    public long Length => Shape.Length;

    /// <summary>Element type.</summary>
    public DType Type { get; private protected set; }

    /// <summary>What the memory is counted as.</summary>
    public MemoryCategory Category { get; private protected set; }

    /// <summary>Gives the memory back. Harmless when called twice on a tensor of <see cref="Kernels.IKernels.Allocate"/>. Those that belong to
    /// a tape, a batch, a parameter's gradient or a weight's selection are disposed by these alone, and may hold something else
    /// afterwards.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    protected abstract void Dispose(bool disposing);
}
