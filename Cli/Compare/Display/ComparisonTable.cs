using Spectre.Console;
using VkSparseGrad.Cli.Compare.Cells;
using VkSparseGrad.Cli.Compare.Plan;

namespace VkSparseGrad.Cli.Compare.Display;

/// <summary>A row for each task and method: how many seeds are done, and what came of them.</summary>
internal static class ComparisonTable
{
    public static Table Of(ComparisonState state)
    {
        Table table = new Table().AddColumns("Task", "Method", "Seeds", "Score", "Steps/s");
        foreach (string task in state.Plan.Tasks)
        {
            foreach (MethodVariant method in state.Plan.Methods)
            {
                IReadOnlyList<CellResult> results = state.Of(task, method);
                int failed = state.Failures.Count(failure => failure.Cell.Task == task && failure.Cell.Method == method);
                TaskScore score = TaskScore.Of(state, task, method);
                AddRow(
                    table, task, method.Name, $"{results.Count} of {state.Plan.Seeds.Count}{(failed == 0 ? "" : $", {failed} failed")}",
                    results.Count == 0 ? "" : $"{string.Join(" / ", score.Metrics)} {score.Describe()}",
                    state.IsOneDevice ? Spread.Of(results.Select(result => result.StepsPerSecond).OfType<double>())?.Describe("F2") ?? "" : "");
            }
        }

        return table;
    }

    // Values are no markup.
    private static void AddRow(Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Spectre.Console.Text(cell)));
}
