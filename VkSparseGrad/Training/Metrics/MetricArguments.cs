namespace VkSparseGrad.Training.Metrics;

/// <summary>Checks that the metrics share.</summary>
internal static class MetricArguments
{
    public static void CheckLengths(int predictions, int labels)
    {
        if (predictions != labels)
            throw new ArgumentException(FormattableString.Invariant($"{predictions} predictions for {labels} labels."));
    }
}
