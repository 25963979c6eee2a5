using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

public sealed partial class ReferenceKernels
{
    /// <inheritdoc/>
    public void Fill(Tensor destination, float value) => Floats(destination).Fill(value);

    /// <inheritdoc/>
    public void Copy(Tensor source, Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(source);
        ShapeChecks.Expect(destination, source.Shape, source.Type);
        if (source.Type == DType.Float32)
        {
            Floats(source).CopyTo(Floats(destination));
        }
        else
        {
            Integers(source).CopyTo(Integers(destination));
        }
    }

    /// <inheritdoc/>
    public void Add(Tensor source, Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(source);
        ShapeChecks.Expect(destination, source.Shape);
        VectorMath.AddScaled(1, Floats(source), Floats(destination));
    }

    /// <inheritdoc/>
    public void ApplyDropout(Tensor x, Dropout dropout, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ShapeChecks.Expect(y, x.Shape);
        Span<double> input = Floats(x), output = Floats(y);
        for (int i = 0; i < input.Length; i++)
        {
            output[i] = Philox.MaskFactor(dropout, (uint)i) * input[i];
        }
    }

    /// <inheritdoc/>
    public void Scale(Tensor x, float factor, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ShapeChecks.Expect(y, x.Shape);
        VectorMath.Scale(factor, Floats(x), Floats(y));
    }
}
