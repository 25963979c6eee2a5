using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

/// <summary>A tensor in host memory: doubles for <see cref="DType.Float32"/>, unsigned integers for
/// <see cref="DType.UInt32"/>.</summary>
internal sealed class ReferenceTensor : Tensor
{
    private readonly ReferenceKernels owner;
    private readonly Memory<double> floats;
    private readonly Memory<uint> integers;
    private readonly ReferenceTensor? whole;
    private bool disposed;

    public ReferenceTensor(ReferenceKernels owner, Shape shape, DType type, MemoryCategory category)
        : base(shape, type, category)
    {
        this.owner = owner;
        if (type == DType.Float32)
        {
            floats = new double[shape.Length];

            // Undefined content that is read shows as NaN in the result.
            floats.Span.Fill(double.NaN);
        }
        else
        {
            integers = new uint[shape.Length];
        }
    }

    /// <summary>Some elements of another tensor.</summary>
    public ReferenceTensor(ReferenceTensor whole, int first, int length)
        : base(Shape.Vector(length), whole.Type, whole.Category)
    {
        owner = whole.owner;
        this.whole = whole;
        if (Type == DType.Float32)
        {
            floats = whole.floats.Slice(first, length);
        }
        else
        {
            integers = whole.integers.Slice(first, length);
        }
    }

    /// <summary>The values of a float tensor.</summary>
    public Span<double> Floats(ReferenceKernels user)
    {
        Check(user);
        return Type == DType.Float32 ? floats.Span : throw new ArgumentException($"A {Type} tensor was given where floats are needed.");
    }

    /// <summary>The values of an integer tensor.</summary>
    public Span<uint> Integers(ReferenceKernels user)
    {
        Check(user);
        return Type == DType.UInt32 ? integers.Span : throw new ArgumentException($"A {Type} tensor was given where integers are needed.");
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposed && whole is null)
        {
            owner.Free(this);
        }

        disposed = true;
    }

    private void Check(ReferenceKernels user)
    {
        ObjectDisposedException.ThrowIf(disposed || whole is { disposed: true }, this);
        if (owner != user)
        {
            throw new ArgumentException("The tensor belongs to other kernels; use it with the kernels that made it.");
        }
    }
}
