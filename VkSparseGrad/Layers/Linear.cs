using VkSparseGrad.Autograd;

namespace VkSparseGrad.Layers;

/// <summary>A linear layer with a dense weight.</summary>
/// <param name="weight">[D_out, D_in].</param>
/// <param name="bias">[1, D_out], or null.</param>
public sealed class Linear(Parameter weight, Parameter? bias) : ILinear
{
    /// <summary>[D_out, D_in].</summary>
    public Parameter Weight { get; } = weight;

    /// <inheritdoc/>
    public Parameter? Bias { get; } = bias;

    /// <inheritdoc/>
    public IEnumerable<Parameter> Parameters => Bias is null ? [Weight] : [Weight, Bias];

    /// <inheritdoc/>
    public Variable Forward(Tape tape, Variable x, Activation activation = Activation.None)
    {
        ArgumentNullException.ThrowIfNull(tape);
        return tape.Linear(x, Weight, Bias, activation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias?.Dispose();
    }
}
