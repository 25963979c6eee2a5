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

    /// <inheritdoc/>
    public void SwiGlu(Tensor gate, Tensor up, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(gate);
        ShapeChecks.Expect(up, gate.Shape);
        ShapeChecks.Expect(y, gate.Shape);
        Span<double> gates = Floats(gate), ups = Floats(up), output = Floats(y);
        for (int i = 0; i < gates.Length; i++)
        {
            output[i] = gates[i] * Sigmoid(gates[i]) * ups[i];
        }
    }

    /// <inheritdoc/>
    public void SwiGluBackward(Tensor gate, Tensor up, Tensor dy, Tensor dGate, Tensor dUp)
    {
        ArgumentNullException.ThrowIfNull(gate);
        ShapeChecks.SwiGluBackward(gate, up, dy, dGate, dUp);
        Span<double> gates = Floats(gate), ups = Floats(up), dOutput = Floats(dy), dGates = Floats(dGate), dUps = Floats(dUp);
        for (int i = 0; i < gates.Length; i++)
        {
            double sigmoid = Sigmoid(gates[i]), slope = sigmoid * (1 + gates[i] * (1 - sigmoid));
            (dGates[i], dUps[i]) = (dOutput[i] * ups[i] * slope, dOutput[i] * gates[i] * sigmoid);
        }
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
