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
    public void Add(Tensor x, Tensor y, Tensor sum)
    {
        ArgumentNullException.ThrowIfNull(x);
        ShapeChecks.Expect(y, x.Shape);
        ShapeChecks.Expect(sum, x.Shape);
        VectorMath.Add(Floats(x), Floats(y), Floats(sum));
    }

    /// <inheritdoc/>
    public void Widen(Tensor words, HalfFormat format, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(y);
        ShapeChecks.Halves(words, y);
        Span<uint> pairs = Integers(words);
        Span<double> output = Floats(y);
        for (int i = 0; i < output.Length; i++)
        {
            var bits = (ushort)(pairs[i / 2] >> (16 * (i % 2)));
            output[i] = format == HalfFormat.BFloat16
                ? BitConverter.UInt32BitsToSingle((uint)bits << 16)
                : (double)BitConverter.UInt16BitsToHalf(bits);
        }
    }

    /// <inheritdoc/>
    public void Narrow(Tensor x, Tensor words)
    {
        ArgumentNullException.ThrowIfNull(x);
        ShapeChecks.Halves(words, x);
        Span<double> input = Floats(x);
        Span<uint> pairs = Integers(words);
        pairs.Clear();
        for (int i = 0; i < input.Length; i++)
        {
            uint bits = double.IsNaN(input[i]) ? 0x7E00u : BitConverter.HalfToUInt16Bits((Half)input[i]);
            pairs[i / 2] |= bits << (16 * (i % 2));
        }
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
