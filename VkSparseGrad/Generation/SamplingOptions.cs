namespace VkSparseGrad.Generation;

/// <summary>How the next token is chosen.</summary>
public sealed record SamplingOptions
{
    /// <summary>Whether it is the likeliest one, always; the others are then without meaning.</summary>
    public bool IsGreedy { get; init; }

    /// <summary>Logits are divided by it, above 0: below 1 likely tokens become likelier.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the likeliest tokens that have this probability together are chosen from, above 0 to 1. Holtzman et al.,
    /// arXiv:1904.09751.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>The same seed gives the same choices.</summary>
    public ulong Seed { get; init; }

    /// <summary>Throws where a setting is out of its range.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public void Check()
    {
        if (!(Temperature > 0 && double.IsFinite(Temperature)))
        {
            throw new ArgumentException(FormattableString.Invariant($"Temperature is {Temperature}; it must be a finite number above 0."));
        }

        if (!(TopP > 0 && TopP <= 1))
        {
            throw new ArgumentException(FormattableString.Invariant($"Top-p is {TopP}; it must be above 0 and at most 1."));
        }
    }
}
