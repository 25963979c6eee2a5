namespace VkSparseGrad.Models.Llama;

/// <summary>How rotary frequencies are stretched for longer sequences than the model was first trained on.</summary>
/// <param name="Factor">How much longer, at least 1.</param>
public abstract record RotaryScaling(double Factor)
{
    /// <summary>The stretched frequency, in radians a position.</summary>
    /// <param name="frequency">As it would be without scaling.</param>
    public abstract double Apply(double frequency);
}

/// <summary>All frequencies divided by the factor (<c>"rope_type": "linear"</c>). Chen et al., arXiv:2306.15595.</summary>
/// <param name="Factor">How much longer.</param>
public sealed record LinearRotaryScaling(double Factor) : RotaryScaling(Factor)
{
    /// <inheritdoc/>
    public override double Apply(double frequency) => frequency / Factor;
}

/// <summary>Long waves divided by the factor, short ones as they are, those between blended (<c>"rope_type": "llama3"</c>).</summary>
/// <param name="Factor">How much longer.</param>
/// <param name="LowFrequencyFactor">Waves longer than the first context / this are long.</param>
/// <param name="HighFrequencyFactor">Waves shorter than the first context / this are short; above the low one.</param>
/// <param name="FirstContext">Positions of the first training (<c>original_max_position_embeddings</c>).</param>
public sealed record Llama3RotaryScaling(
    double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int FirstContext) : RotaryScaling(Factor)
{
    /// <inheritdoc/>
    public override double Apply(double frequency)
    {
        double turns = FirstContext * frequency / (2 * Math.PI);
        double share = Math.Clamp((turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor), 0, 1);
        return (1 - share) * frequency / Factor + share * frequency;
    }
}
