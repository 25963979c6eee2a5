using System.Globalization;
using VkSparseGrad.Cli.Compare.Cells;

namespace VkSparseGrad.Cli.Compare.Report;

/// <summary>The cells that failed.</summary>
internal static class FailureTable
{
    public static IEnumerable<ReportTable> Of(ComparisonState state)
    {
        if (state.Failures.Count == 0)
            yield break;
        yield return new ReportTable(
            "Failed", "These count nowhere above; the same command tries them again.", ["task", "method", "seed", "why"],
            [.. state.Failures.Select(failure => (IReadOnlyList<string>)
                [failure.Cell.Task, failure.Cell.Method.Name, failure.Cell.Seed.ToString(CultureInfo.InvariantCulture), failure.Message])]);
    }
}
