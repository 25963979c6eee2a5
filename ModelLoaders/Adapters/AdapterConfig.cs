using VkSparseGrad.Models;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>What an adapter says of itself, whatever its layout.</summary>
internal abstract record AdapterConfig(AdapterDescription Description)
{
    /// <summary>Everything that was trained from a base.</summary>
    public abstract AdapterContents For(IWeightSource baseWeights);
}

/// <summary>Everything that a run trained.</summary>
/// <param name="Changes">The weights of which a change is kept.</param>
/// <param name="Whole">The parameters that are kept whole: canonical names, and the names of their tensors in the file.</param>
internal sealed record AdapterContents(IReadOnlyList<WeightChange> Changes, IReadOnlyDictionary<string, string> Whole);
