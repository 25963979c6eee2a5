namespace VkSparseGrad.Training.Metrics;

/// <summary>Spearman's correlation: how well predictions put examples in the order of their scores.</summary>
public static class SpearmanCorrelation
{
    /// <summary>Pearson's correlation of the ranks, equal values sharing the mean of their ranks: <c>ρ = r(rank(x), rank(y))</c></summary>
    /// <returns>From -1 to 1; null where either side is constant, shorter than two, or not a number.</returns>
    public static double? Of(ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels)
    {
        MetricArguments.CheckLengths(predictions.Length, labels.Length);
        if (HasNaN(predictions) || HasNaN(labels))
            return null;
        return PearsonCorrelation.Of(Ranks(predictions), Ranks(labels));
    }

    private static bool HasNaN(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            if (float.IsNaN(value))
                return true;
        }

        return false;
    }

    private static float[] Ranks(ReadOnlySpan<float> values)
    {
        var sorted = values.ToArray();
        var places = Enumerable.Range(0, sorted.Length).ToArray();
        Array.Sort(sorted, places);
        var ranks = new float[sorted.Length];
        for (int start = 0, end; start < sorted.Length; start = end)
        {
            for (end = start + 1; end < sorted.Length && sorted[end] == sorted[start];)
                end++;
            foreach (var place in places.AsSpan(start..end))
                ranks[place] = (start + end - 1) / 2f;
        }

        return ranks;
    }
}
