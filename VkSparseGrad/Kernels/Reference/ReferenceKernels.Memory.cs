using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

public sealed partial class ReferenceKernels
{
    private const int ElementBytes = 4;
    private readonly MemoryTracker memory = new();

    /// <inheritdoc/>
    public MemoryUsage CurrentMemory => memory.Current;

    /// <inheritdoc/>
    public MemoryUsage PeakMemory => memory.Peak;

    /// <inheritdoc/>
    public void ResetPeakMemory() => memory.ResetPeak();

    /// <inheritdoc/>
    public Tensor Allocate(Shape shape, DType type, MemoryCategory category)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (shape.Rows < 0 || shape.Columns < 0)
        {
            throw new ArgumentException($"No tensor has the shape {shape}.", nameof(shape));
        }

        var tensor = new ReferenceTensor(this, shape, type, category);
        memory.Allocated(category, shape.Length * ElementBytes);
        return tensor;
    }

    /// <inheritdoc/>
    public Tensor Part(Tensor whole, int first, int length)
    {
        ShapeChecks.Part(whole, first, length);
        return new ReferenceTensor(Own(whole), first, length);
    }

    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<float> source, Tensor destination)
    {
        Span<double> values = Floats(destination);
        ExpectLength(source.Length, destination);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = source[i];
        }
    }

    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<uint> source, Tensor destination)
    {
        Span<uint> values = Integers(destination);
        ExpectLength(source.Length, destination);
        source.CopyTo(values);
    }

    /// <inheritdoc/>
    public void Download(Tensor source, Span<float> destination)
    {
        Span<double> values = Floats(source);
        ExpectLength(destination.Length, source);
        for (int i = 0; i < values.Length; i++)
        {
            destination[i] = (float)values[i];
        }
    }

    /// <inheritdoc/>
    public void Download(Tensor source, Span<uint> destination)
    {
        Span<uint> values = Integers(source);
        ExpectLength(destination.Length, source);
        values.CopyTo(destination);
    }

    /// <inheritdoc/>
    public bool DefersSubmission { get; set; }

    /// <inheritdoc/>
    public bool Advance(TimeSpan budget) => true;

    /// <inheritdoc/>
    public void Flush() => ObjectDisposedException.ThrowIf(disposed, this);

    /// <inheritdoc/>
    public void Trim() => ObjectDisposedException.ThrowIf(disposed, this);

    /// <summary>The values of a float tensor as they are stored, without rounding to float.</summary>
    internal ReadOnlySpan<double> Values(Tensor tensor) => Floats(tensor);

    /// <summary>Sets the values of a float tensor without rounding to float.</summary>
    internal void SetValues(Tensor tensor, ReadOnlySpan<double> values)
    {
        ExpectLength(values.Length, tensor);
        values.CopyTo(Floats(tensor));
    }

    internal void Free(ReferenceTensor tensor) => memory.Freed(tensor.Category, tensor.Length * ElementBytes);

    private static void ExpectLength(int length, Tensor tensor)
    {
        if (length != tensor.Length)
        {
            throw new ArgumentException($"{length} host values do not fit a tensor of shape {tensor.Shape}.");
        }
    }

    private Span<double> Floats(Tensor tensor) => Own(tensor).Floats(this);

    private Span<uint> Integers(Tensor tensor) => Own(tensor).Integers(this);

    private ReferenceTensor Own(Tensor tensor)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ArgumentNullException.ThrowIfNull(tensor);
        return tensor as ReferenceTensor
            ?? throw new ArgumentException("The tensor belongs to other kernels; use it with the kernels that made it.");
    }
}
