using VkSparseGrad.Training;

namespace VkSparseGrad.Generation;

/// <summary>Chooses tokens from logits.</summary>
public sealed class Sampler
{
    private readonly SamplingOptions options;
    private SplitMix64 random;

    /// <summary>Begins a series of choices.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public Sampler(SamplingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        this.options = options;
        random = new SplitMix64(SplitMix64.Mix(options.Seed));
    }

    /// <summary>Chooses the next token. Of equal logits the first counts as the larger.</summary>
    /// <param name="logits">At least one.</param>
    /// <exception cref="TrainingException">A logit is not finite, so that there is nothing to choose by.</exception>
    public int Next(ReadOnlySpan<float> logits)
    {
        ArgumentOutOfRangeException.ThrowIfZero(logits.Length);
        int best = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (!float.IsFinite(logits[i]))
            {
                throw new TrainingException(FormattableString.Invariant(
                    $"The logit of token {i} is {logits[i]}. Look at the model's weights."));
            }

            best = logits[i] > logits[best] ? i : best;
        }

        return options.IsGreedy ? best : Sample(logits, logits[best]);
    }

    private int Sample(ReadOnlySpan<float> logits, float largest)
    {
        var weights = new double[logits.Length];
        var order = new int[logits.Length];
        double total = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            weights[i] = Math.Exp((logits[i] - largest) / options.Temperature);
            total += weights[i];
            order[i] = i;
        }

        // The likeliest first; equal ones stay in order, so that every machine chooses alike.
        Array.Sort(order, (a, b) => weights[a] != weights[b] ? weights[b].CompareTo(weights[a]) : a.CompareTo(b));
        double kept = 0;
        int count = 0;
        while (count < order.Length && (count == 0 || kept < options.TopP * total))
        {
            kept += weights[order[count++]];
        }

        double left = random.NextUnit() * kept;
        for (int i = 0; i < count - 1; i++)
        {
            left -= weights[order[i]];
            if (left < 0)
            {
                return order[i];
            }
        }

        return order[count - 1];
    }
}
