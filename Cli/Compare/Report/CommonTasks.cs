using VkSparseGrad.Cli.Compare.Cells;
using VkSparseGrad.Cli.Compare.Plan;

namespace VkSparseGrad.Cli.Compare.Report;

/// <summary>Averages over tasks, and over those tasks only that every method has.</summary>
internal sealed class CommonTasks
{
    private readonly ComparisonState state;

    private CommonTasks(ComparisonState state, IReadOnlyList<string> tasks)
    {
        this.state = state;
        Tasks = tasks;
    }

    public IReadOnlyList<string> Tasks { get; }

    /// <summary>Those where every method has a result.</summary>
    public static CommonTasks WithResults(ComparisonState state) =>
        new(state, [.. state.Plan.Tasks.Where(task => state.Plan.Methods.All(method => state.Of(task, method).Count > 0))]);

    /// <summary>Those where every method has a score.</summary>
    public static CommonTasks WithScores(ComparisonState state) =>
        new(state, [.. state.Plan.Tasks.Where(task => state.Plan.Methods.All(method => TaskScore.Of(state, task, method).Mean is not null))]);

    /// <summary>A method's mean score; null where there is no such task.</summary>
    public double? Score(MethodVariant method) => Mean(task => TaskScore.Of(state, task, method).Mean);

    /// <summary>A method's mean of something over seeds and then tasks; null where there is no such task, or a task without it.</summary>
    public double? Mean(MethodVariant method, Func<CellResult, double?> value) =>
        Mean(task => Spread.Of(state.Of(task, method).Select(value).OfType<double>())?.Mean);

    private double? Mean(Func<string, double?> value)
    {
        double?[] values = [.. Tasks.Select(value)];
        return values.Length == 0 || values.Contains(null) ? null : values.Average();
    }
}
