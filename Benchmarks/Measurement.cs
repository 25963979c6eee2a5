namespace VkSparseGrad.Benchmarks;

/// <summary>One figure of a benchmark.</summary>
/// <param name="Name">In small letters and underscores, such as <c>step_sparsegrad_over_full</c>.</param>
/// <param name="Value">The figure.</param>
/// <param name="Unit">Such as <c>ms</c>; <c>ratio</c> where it has none.</param>
internal sealed record Measurement(string Name, double Value, string Unit)
{
    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
