using VkSparseGrad.Autograd;

namespace VkSparseGrad.Layers;

/// <summary>A linear layer, whatever way its weight is kept and trained.</summary>
public interface ILinear : IDisposable
{
    /// <summary>[1, D_out], or null.</summary>
    Parameter? Bias { get; }

    /// <summary>What it has of dense parameters, the bias included.</summary>
    IEnumerable<Parameter> Parameters { get; }

    /// <summary>y = x Wᵀ + b, or its activation.</summary>
    /// <param name="tape">Records it.</param>
    /// <param name="x">[T, D_in].</param>
    /// <param name="activation">What y goes through.</param>
    /// <returns>[T, D_out].</returns>
    Variable Forward(Tape tape, Variable x, Activation activation = Activation.None);
}
