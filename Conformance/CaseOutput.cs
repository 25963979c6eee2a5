namespace VkSparseGrad.Conformance;

/// <summary>One output of a case: its values, and how far they may be from what is expected.</summary>
/// <param name="Name">The output's name in the contract.</param>
/// <param name="Values">The values, floats or integers, exactly as read back.</param>
/// <param name="Limit">The largest difference allowed, as a share of the largest magnitude; 0 for equality.</param>
/// <param name="Expected">What is expected; null for what the reference gives.</param>
internal sealed record CaseOutput(string Name, double[] Values, double Limit, double[]? Expected = null)
{
    /// <summary>Judges this output by the reference's.</summary>
    /// <remarks>NaN and infinities must stand in the same places. The largest difference is judged, not the mean: one wrong
    /// element among many must not drown.</remarks>
    public Verdict Judge(CaseOutput reference)
    {
        double[] expected = Expected ?? reference.Values;
        if (Values.Length != expected.Length)
        {
            return Verdict.Wrong($"{Name} has {Values.Length} elements, expected {expected.Length}.");
        }

        for (int i = 0; i < Values.Length; i++)
        {
            bool special = !double.IsFinite(Values[i]) || !double.IsFinite(expected[i]);
            if (special && !Values[i].Equals(expected[i]))
            {
                return Verdict.Wrong(FormattableString.Invariant($"{Name}[{i}] is {Values[i]}, expected {expected[i]}."));
            }
        }

        double scale = expected.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();
        double allowed = Limit * (scale > 0 ? scale : 1);
        int worst = -1;
        double largest = 0;
        for (int i = 0; i < Values.Length; i++)
        {
            double difference = double.IsFinite(Values[i]) ? Math.Abs(Values[i] - expected[i]) : 0;
            if (difference > largest)
            {
                (worst, largest) = (i, difference);
            }
        }

        if (largest <= allowed)
        {
            return new Verdict(largest == 0 ? 0 : largest / allowed, null);
        }

        return new Verdict(largest / allowed, FormattableString.Invariant(
            $"{Name}[{worst}] is {Values[worst]:R}, expected {expected[worst]:R}: off by {largest:G3}, allowed {allowed:G3}."));
    }
}

/// <summary>How an output was judged.</summary>
/// <param name="Error">The largest difference as a multiple of what is allowed; infinite where no difference is, or where the
/// output is wrong in kind.</param>
/// <param name="Fault">What is wrong, or null.</param>
internal readonly record struct Verdict(double Error, string? Fault)
{
    public static Verdict Wrong(string fault) => new(double.PositiveInfinity, fault);
}
