using VkSparseGrad.Cli.Compare.Cells;
using VkSparseGrad.Cli.Compare.Plan;

namespace VkSparseGrad.Cli.Compare.Report;

/// <summary>Scores of every method on every task.</summary>
internal static class ScoreTables
{
    /// <summary>The heads of the columns that <see cref="Cells"/> fills: one a task, and the average.</summary>
    public static IReadOnlyList<string> Columns(ComparisonState state) => [.. state.Plan.Tasks.Select(task => Head(state, task)), "average"];

    /// <summary>A method's scores, and their average over the tasks that every method has.</summary>
    public static IReadOnlyList<string> Cells(ComparisonState state, MethodVariant method) =>
    [
        .. state.Plan.Tasks.Select(task => TaskScore.Of(state, task, method).Describe()),
        Numbers.Of(CommonTasks.WithScores(state).Score(method), "F4"),
    ];

    public static IEnumerable<ReportTable> Of(ComparisonState state)
    {
        CommonTasks common = CommonTasks.WithScores(state);
        yield return new ReportTable(
            "Scores",
            $"On the dev split after training, mean ± sample deviation over {SeedText(state.Plan)}. {AverageText(common)} Parameters are values that a step changes.",
            ["method", .. Columns(state), "trained parameters", "of these in the MLP"],
            [.. state.Plan.Methods.Select(method => (IReadOnlyList<string>)
                [
                    method.Name, .. Cells(state, method), Numbers.Range(Results(state, method).Select(result => result.TrainedParameters)),
                    Numbers.Range(Results(state, method).Select(result => result.TrainedMlpParameters)),
                ])]);
    }

    private static string AverageText(CommonTasks common) => common.Tasks.Count == 0
        ? "There is no average, since no task has a score of every method."
        : $"The average is over {string.Join(", ", common.Tasks)}, which every method has; two numbers of a task count as their mean.";

    private static string SeedText(ComparisonPlan plan) => plan.Seeds.Count == 1 ? $"seed {plan.Seeds[0]}, which gives no deviation" : $"seeds {string.Join(", ", plan.Seeds)}";

    private static string Head(ComparisonState state, string task)
    {
        IReadOnlyList<string>? metrics = state.Plan.Methods.Select(method => TaskScore.Of(state, task, method).Metrics).FirstOrDefault(found => found.Count > 0);
        return metrics is null ? task : $"{task}: {string.Join(" / ", metrics)}";
    }

    private static IEnumerable<CellResult> Results(ComparisonState state, MethodVariant method) =>
        state.Plan.Tasks.SelectMany(task => state.Of(task, method));
}
