namespace VkSparseGrad.Training.Metrics;

/// <summary>The harmonic mean of precision and recall for class 1.</summary>
public static class F1Score
{
    /// <summary><c>F1 = 2 TP / (2 TP + FP + FN)</c></summary>
    /// <returns>From 0 to 1; null where class 1 is neither predicted nor there.</returns>
    public static double? Of(ReadOnlySpan<int> predictions, ReadOnlySpan<int> labels)
    {
        MetricArguments.CheckLengths(predictions.Length, labels.Length);
        var (truePositives, positives) = (0L, 0L);
        for (var i = 0; i < labels.Length; i++)
        {
            var (predicted, actual) = (predictions[i] == 1, labels[i] == 1);
            truePositives += predicted && actual ? 1 : 0;
            // Predicted and actual positives together are 2 TP + FP + FN.
            positives += (predicted ? 1 : 0) + (actual ? 1 : 0);
        }

        return positives == 0 ? null : 2.0 * truePositives / positives;
    }
}
