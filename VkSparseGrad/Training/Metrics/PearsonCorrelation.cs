namespace VkSparseGrad.Training.Metrics;

/// <summary>Pearson's correlation: how well predictions lie on a line with the scores.</summary>
public static class PearsonCorrelation
{
    /// <summary><c>r = Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² · Σ (y − ȳ)²)</c></summary>
    /// <returns>From -1 to 1; null where either side is constant, shorter than two, or not finite.</returns>
    public static double? Of(ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels)
    {
        MetricArguments.CheckLengths(predictions.Length, labels.Length);
        if (IsConstant(predictions) || IsConstant(labels))
            return null;
        var (meanX, meanY) = (Mean(predictions), Mean(labels));
        var (xx, yy, xy) = (0.0, 0.0, 0.0);
        for (var i = 0; i < labels.Length; i++)
        {
            var (x, y) = (predictions[i] - meanX, labels[i] - meanY);
            xx += x * x;
            yy += y * y;
            xy += x * y;
        }

        var r = xy / (Math.Sqrt(xx) * Math.Sqrt(yy));
        return double.IsFinite(r) ? Math.Clamp(r, -1, 1) : null;
    }

    // Compared rather than judged by the variance, which rounding leaves above 0.
    private static bool IsConstant(ReadOnlySpan<float> values) => values.IsEmpty || !values.ContainsAnyExcept(values[0]);

    private static double Mean(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return sum / values.Length;
    }
}
