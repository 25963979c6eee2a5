using VkSparseGrad.Layers;
using VkSparseGrad.Models;

namespace VkSparseGrad.Training;

/// <summary>How many values of the MLP a step updates.</summary>
public static class ParameterBudget
{
    /// <summary>Entries of a weight that SparseGrad and MeProp update in a step: floor(fraction · D_out · D_in), at least 1.</summary>
    public static int Kept(Parameter weight, double fraction)
    {
        ArgumentNullException.ThrowIfNull(weight);
        return Kept(weight.Value.Length, fraction);
    }

    /// <summary>The rank at which LoRA on both layers of every MLP trains as many values in them as SparseGrad does, or the
    /// nearest number to it; at least 1.</summary>
    /// <param name="config">The model's dimensions.</param>
    /// <param name="fraction">SparseGrad's share of each weight.</param>
    public static int MatchingRank(BertConfig config, double fraction)
    {
        ArgumentNullException.ThrowIfNull(config);

        // Both layers have the same sides, and so the same numbers.
        int kept = Kept((long)config.HiddenSize * config.IntermediateSize, fraction);
        return Math.Max(1, (int)Math.Round((double)kept / (config.HiddenSize + config.IntermediateSize)));
    }

    private static int Kept(long length, double fraction) => (int)Math.Max(1, Math.Floor(fraction * length));
}
