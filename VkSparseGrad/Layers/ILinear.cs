using VkSparseGrad.Autograd;

namespace VkSparseGrad.Layers;

/// <summary>A linear layer, whatever way its weight is kept and trained.</summary>
public interface ILinear : IDisposable
{
    /// <summary>y = x Wᵀ + b.</summary>
    /// <param name="tape">Records it.</param>
    /// <param name="x">[T, D_in].</param>
    /// <returns>[T, D_out].</returns>
    Variable Forward(Tape tape, Variable x);
}
