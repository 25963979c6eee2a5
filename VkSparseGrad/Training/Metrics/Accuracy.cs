namespace VkSparseGrad.Training.Metrics;

/// <summary>The share of predictions that are right.</summary>
public static class Accuracy
{
    /// <summary><c>accuracy = #{i : predictions[i] = labels[i]} / n</c></summary>
    /// <returns>From 0 to 1; null without any label.</returns>
    public static double? Of(ReadOnlySpan<int> predictions, ReadOnlySpan<int> labels)
    {
        MetricArguments.CheckLengths(predictions.Length, labels.Length);
        var right = 0;
        for (var i = 0; i < labels.Length; i++)
            right += predictions[i] == labels[i] ? 1 : 0;
        return labels.IsEmpty ? null : (double)right / labels.Length;
    }
}
