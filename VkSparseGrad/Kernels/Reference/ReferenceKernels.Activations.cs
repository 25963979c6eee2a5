using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

public sealed partial class ReferenceKernels
{
    /// <inheritdoc/>
    public void Gelu(Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ShapeChecks.Expect(y, x.Shape);
        Span<double> input = Floats(x), output = Floats(y);
        for (int i = 0; i < input.Length; i++)
        {
            output[i] = input[i] * NormalDistribution.Cumulative(input[i]);
        }
    }

    /// <inheritdoc/>
    public void GeluBackward(Tensor x, Tensor dy, Tensor dx)
    {
        ArgumentNullException.ThrowIfNull(x);
        ShapeChecks.Expect(dy, x.Shape);
        ShapeChecks.Expect(dx, x.Shape);
        Span<double> input = Floats(x), dOutput = Floats(dy), dInput = Floats(dx);
        for (int i = 0; i < input.Length; i++)
        {
            double slope = NormalDistribution.Cumulative(input[i]) + input[i] * NormalDistribution.Density(input[i]);
            dInput[i] = dOutput[i] * slope;
        }
    }

    /// <inheritdoc/>
    public void Tanh(Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ShapeChecks.Expect(y, x.Shape);
        Span<double> input = Floats(x), output = Floats(y);
        for (int i = 0; i < input.Length; i++)
        {
            output[i] = Math.Tanh(input[i]);
        }
    }

    /// <inheritdoc/>
    public void TanhBackward(Tensor y, Tensor dy, Tensor dx)
    {
        ArgumentNullException.ThrowIfNull(y);
        ShapeChecks.Expect(dy, y.Shape);
        ShapeChecks.Expect(dx, y.Shape);
        Span<double> output = Floats(y), dOutput = Floats(dy), dInput = Floats(dx);
        for (int i = 0; i < output.Length; i++)
        {
            dInput[i] = dOutput[i] * (1 - output[i] * output[i]);
        }
    }
}
