using VkSparseGrad.Autograd;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.Layers;

/// <summary>A linear layer whose weight is trained by SparseGrad.</summary>
/// <param name="weight">The weight. Its basis is shared with other layers and is not this layer's.</param>
/// <param name="bias">[1, D_out], or null.</param>
public sealed class SparseGradLinear(SparseGradWeight weight, Parameter? bias) : ILinear
{
    /// <summary>The weight, in the way that SparseGrad keeps it.</summary>
    public SparseGradWeight Weight { get; } = weight;

    /// <inheritdoc/>
    public Parameter? Bias { get; } = bias;

    /// <inheritdoc/>
    public IEnumerable<Parameter> Parameters => Bias is null ? [] : [Bias];

    /// <inheritdoc/>
    public Variable Forward(Tape tape, Variable x, Activation activation = Activation.None)
    {
        ArgumentNullException.ThrowIfNull(tape);
        return tape.SparseGradLinear(x, Weight, Bias, activation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias?.Dispose();
    }
}
