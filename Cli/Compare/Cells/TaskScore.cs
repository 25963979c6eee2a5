using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Training.Metrics;

namespace VkSparseGrad.Cli.Compare.Cells;

/// <summary>A task's official score with one method, over the seeds: one number, or two where the benchmark gives two.</summary>
internal sealed class TaskScore
{
    private readonly IReadOnlyList<CellResult> results;
    private readonly int planned;

    private TaskScore(IReadOnlyList<CellResult> results, int planned)
    {
        this.results = results;
        this.planned = planned;
    }

    /// <summary>The metrics' names; none before the first cell is finished.</summary>
    public IReadOnlyList<string> Metrics => results.Count == 0 ? [] : Official(results[0]);

    /// <summary>The mean over seeds and then over the task's numbers, as the benchmark averages; null where no seed is finished or
    /// a score is undefined.</summary>
    public double? Mean => results.Count > 0 && Metrics.All(metric => Values(metric).All(value => value is not null))
        ? Metrics.Average(metric => Values(metric).Average())
        : null;

    public static TaskScore Of(ComparisonState state, string task, MethodVariant method) =>
        new(state.Of(task, method), state.Plan.Seeds.Count);

    /// <summary>Such as <c>0.8131 ± 0.0042 / 0.7712 ± 0.0101 (2 of 3 seeds)</c>.</summary>
    public string Describe() => results.Count == 0
        ? "-"
        : string.Join(" / ", Metrics.Select(metric => Describe(Values(metric)))) + (results.Count < planned ? $" ({results.Count} of {planned} seeds)" : "");

    // The benchmark scores CoLA by Matthews' correlation alone.
    private static IReadOnlyList<string> Official(CellResult result) =>
        [.. result.Scores.Select(score => score.Metric).TakeWhile((metric, i) => i == 0 || result.Scores[0].Metric != Metric.MatthewsCorrelation.Name)];

    private static string Describe(double?[] values)
    {
        int undefined = values.Count(value => value is null);
        string mean = Spread.Of(values.OfType<double>())?.Describe() ?? "undefined";
        return undefined == 0 || undefined == values.Length ? mean : $"{mean} ({undefined} of {values.Length} undefined)";
    }

    private double?[] Values(string metric) => [.. results.Select(result => result.Scores.Single(score => score.Metric == metric).Value)];
}
