namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>Writes predictions in the form GLUE's server takes: a header, then <c>index TAB prediction</c>.</summary>
public static class GluePredictions
{
    /// <summary>Writes one line for each prediction.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="task">The task, whose label words are used; scores are written with three decimals.</param>
    /// <param name="predictions">Class indices or scores, in the order of the test split's examples.</param>
    /// <exception cref="ArgumentOutOfRangeException">A prediction is no label of the task; nothing of that line is written.</exception>
    public static void Write(TextWriter destination, GlueTask task, ReadOnlySpan<float> predictions)
    {
        destination.Write("index\tprediction\n");
        for (var index = 0; index < predictions.Length; index++)
            destination.Write(FormattableString.Invariant($"{index}\t{GlueLabel.Format(task, predictions[index])}\n"));
    }
}
