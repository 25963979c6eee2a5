using VkSparseGrad.Autograd;

namespace VkSparseGrad.Layers;

/// <summary>A linear layer with a dense weight.</summary>
/// <param name="weight">[D_out, D_in].</param>
/// <param name="bias">[1, D_out].</param>
public sealed class Linear(Parameter weight, Parameter bias) : ILinear
{
    /// <summary>[D_out, D_in].</summary>
    public Parameter Weight { get; } = weight;

    /// <summary>[1, D_out].</summary>
    public Parameter Bias { get; } = bias;

    /// <inheritdoc/>
    public Variable Forward(Tape tape, Variable x)
    {
        ArgumentNullException.ThrowIfNull(tape);
        return tape.Linear(x, Weight, Bias);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }
}
