using VkSparseGrad.Layers;

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
    /// <param name="hidden">Width of the hidden states.</param>
    /// <param name="inner">Width of the MLP's inner activation.</param>
    /// <param name="options">Fraction, or number of kept entries.</param>
    public static int MatchingRank(int hidden, int inner, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        // Both layers have the same sides, and so the same numbers.
        return Math.Max(1, (int)Math.Round((double)options.Kept((long)hidden * inner) / (hidden + inner)));
    }

    /// <summary>The options with <see cref="MatchingRank"/> as LoRA's rank; those of another method as they are.</summary>
    /// <inheritdoc cref="MatchingRank" path="/param"/>
    public static TrainingOptions WithMatchingRank(int hidden, int inner, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Method == TrainingMethod.Lora
            ? options with { Lora = options.Lora with { Rank = MatchingRank(hidden, inner, options) } }
            : options;
    }

    internal static int Kept(long length, double fraction) => (int)Math.Max(1, Math.Floor(fraction * length));
}
