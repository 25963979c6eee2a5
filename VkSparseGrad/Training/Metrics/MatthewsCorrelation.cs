namespace VkSparseGrad.Training.Metrics;

/// <summary>Matthews' correlation coefficient of two classes, CoLA's official metric.</summary>
public static class MatthewsCorrelation
{
    /// <summary><c>MCC = (TP · TN − FP · FN) / √((TP + FP)(TP + FN)(TN + FP)(TN + FN))</c></summary>
    /// <remarks>
    /// Predictions of one class only say nothing about labels that vary: 0, as is usual. Labels of one class only leave
    /// nothing to tell apart: undefined.
    /// </remarks>
    /// <returns>From -1 to 1; null where all labels are of one class.</returns>
    /// <exception cref="ArgumentException">A prediction or label is neither 0 nor 1.</exception>
    public static double? Of(ReadOnlySpan<int> predictions, ReadOnlySpan<int> labels)
    {
        MetricArguments.CheckLengths(predictions.Length, labels.Length);
        var (tp, tn, fp, fn) = (0L, 0L, 0L, 0L);
        for (var i = 0; i < labels.Length; i++)
        {
            _ = (predictions[i], labels[i]) switch
            {
                (1, 1) => tp++,
                (0, 0) => tn++,
                (1, 0) => fp++,
                (0, 1) => fn++,
                _ => throw new ArgumentException(FormattableString.Invariant($"class {predictions[i]} for label {labels[i]} at {i}; MCC here is of the classes 0 and 1.")),
            };
        }

        if (tp + fn == 0 || tn + fp == 0)
            return null;
        if (tp + fp == 0 || tn + fn == 0)
            return 0;
        // One root a factor: the product of four counts leaves the exact range of integers early.
        var scale = Math.Sqrt(tp + fp) * Math.Sqrt(tp + fn) * Math.Sqrt(tn + fp) * Math.Sqrt(tn + fn);
        return Math.Clamp(((double)tp * tn - (double)fp * fn) / scale, -1, 1);
    }
}
