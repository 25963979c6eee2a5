namespace VkSparseGrad.Tests.Kernels;

/// <summary>One output of a case: its values, and how far apart two implementations may be.</summary>
/// <param name="Name">The output's name in the contract.</param>
/// <param name="Values">The values, floats or integers, exactly as read back.</param>
/// <param name="Limit">The largest difference allowed, as a share of the largest magnitude; 0 for equality.</param>
internal sealed record CaseOutput(string Name, double[] Values, double Limit)
{
    /// <summary>Says what is wrong with this output, or null.</summary>
    /// <remarks>NaN and infinities must stand in the same places. The largest difference is judged, not the mean: one wrong
    /// element among many must not drown.</remarks>
    public string? Fault(CaseOutput expected)
    {
        if (Values.Length != expected.Values.Length)
        {
            return $"{Name} has {Values.Length} elements, expected {expected.Values.Length}.";
        }

        for (int i = 0; i < Values.Length; i++)
        {
            bool special = !double.IsFinite(Values[i]) || !double.IsFinite(expected.Values[i]);
            if (special && !Values[i].Equals(expected.Values[i]))
            {
                return $"{Name}[{i}] is {Values[i]}, expected {expected.Values[i]}.";
            }
        }

        double scale = expected.Values.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();
        double allowed = Limit * (scale > 0 ? scale : 1);
        int worst = -1;
        double largest = allowed;
        for (int i = 0; i < Values.Length; i++)
        {
            double difference = double.IsFinite(Values[i]) ? Math.Abs(Values[i] - expected.Values[i]) : 0;
            if (difference > largest)
            {
                (worst, largest) = (i, difference);
            }
        }

        return worst < 0
            ? null
            : $"{Name}[{worst}] is {Values[worst]:R}, expected {expected.Values[worst]:R}: off by {largest:G3}, allowed {allowed:G3}.";
    }
}
