namespace VkSparseGrad.Training.Metrics;

/// <summary>A metric under its name, for tables and logs.</summary>
public sealed class Metric
{
    private readonly Func<ReadOnlySpan<float>, ReadOnlySpan<float>, double?> _compute;

    private Metric(string name, Func<ReadOnlySpan<float>, ReadOnlySpan<float>, double?> compute)
    {
        Name = name;
        _compute = compute;
    }

    /// <summary>See <see cref="Metrics.Accuracy"/>.</summary>
    public static Metric Accuracy { get; } = new("accuracy", (predictions, labels) => Metrics.Accuracy.Of(Classes(predictions), Classes(labels)));

    /// <summary>See <see cref="Metrics.MatthewsCorrelation"/>.</summary>
    public static Metric MatthewsCorrelation { get; } = new("matthews_correlation", (predictions, labels) => Metrics.MatthewsCorrelation.Of(Classes(predictions), Classes(labels)));

    /// <summary>See <see cref="F1Score"/>.</summary>
    public static Metric F1 { get; } = new("f1", (predictions, labels) => F1Score.Of(Classes(predictions), Classes(labels)));

    /// <summary>See <see cref="PearsonCorrelation"/>.</summary>
    public static Metric Pearson { get; } = new("pearson", PearsonCorrelation.Of);

    /// <summary>See <see cref="SpearmanCorrelation"/>.</summary>
    public static Metric Spearman { get; } = new("spearmanr", SpearmanCorrelation.Of);

    /// <summary>The name that GLUE tools use in their results.</summary>
    public string Name { get; }

    /// <summary>Computes the metric.</summary>
    /// <param name="predictions">Class indices or scores.</param>
    /// <param name="labels">As many.</param>
    /// <returns>The value; null where it is undefined.</returns>
    /// <exception cref="ArgumentException">There are not as many predictions as labels.</exception>
    public double? Compute(ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels) => _compute(predictions, labels);

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    private static int[] Classes(ReadOnlySpan<float> values)
    {
        var classes = new int[values.Length];
        for (var i = 0; i < classes.Length; i++)
            classes[i] = (int)values[i];
        return classes;
    }
}
