using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

/// <summary>A tensor in host memory: doubles for <see cref="DType.Float32"/>, unsigned integers for
/// <see cref="DType.UInt32"/>.</summary>
internal sealed class ReferenceTensor : Tensor
{
    private readonly ReferenceKernels owner;
    private readonly double[]? floats;
    private readonly uint[]? integers;
    private bool disposed;

    public ReferenceTensor(ReferenceKernels owner, Shape shape, DType type, MemoryCategory category)
        : base(shape, type, category)
    {
        this.owner = owner;
        if (type == DType.Float32)
        {
            floats = new double[shape.Length];

            // Undefined content that is read shows as NaN in the result.
            Array.Fill(floats, double.NaN);
        }
        else
        {
            integers = new uint[shape.Length];
        }
    }

    /// <summary>The values of a float tensor.</summary>
    public Span<double> Floats(ReferenceKernels user)
    {
        Check(user);
        return floats ?? throw new ArgumentException($"A {Type} tensor was given where floats are needed.");
    }

    /// <summary>The values of an integer tensor.</summary>
    public Span<uint> Integers(ReferenceKernels user)
    {
        Check(user);
        return integers ?? throw new ArgumentException($"A {Type} tensor was given where integers are needed.");
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposed)
        {
            disposed = true;
            owner.Free(this);
        }
    }

    private void Check(ReferenceKernels user)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (owner != user)
        {
            throw new ArgumentException("The tensor belongs to other kernels; use it with the kernels that made it.");
        }
    }
}
