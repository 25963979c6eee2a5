using System.Globalization;

namespace VkSparseGrad.Cli.Compare;

/// <summary>Mean and sample deviation of a few values.</summary>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">√(Σ (x − mean)² / (n − 1)); null for a single value.</param>
internal sealed record Spread(double Mean, double? Deviation)
{
    /// <summary>Of values; null where there are none.</summary>
    public static Spread? Of(IEnumerable<double> values)
    {
        double[] all = [.. values];
        if (all.Length == 0)
            return null;
        double mean = all.Average();
        return new Spread(mean, all.Length == 1 ? null : Math.Sqrt(all.Sum(value => (value - mean) * (value - mean)) / (all.Length - 1)));
    }

    /// <summary>Such as <c>0.8131 ± 0.0042</c>, or <c>0.8131 ± -</c> where there is no deviation.</summary>
    public string Describe(string format = "F4") =>
        $"{Mean.ToString(format, CultureInfo.InvariantCulture)} ± {Deviation?.ToString(format, CultureInfo.InvariantCulture) ?? "-"}";
}
