using System.Globalization;
using Spectre.Console;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Conformance;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>A report for people: a row an op, then every case that did not hold.</summary>
internal static class ReportTable
{
    public static void Write(Terminal terminal, ConformanceReport report)
    {
        Table table = new Table().AddColumns("Op", "Cases", "Passed", "Failed", "Skipped", "Worst error / limit");
        foreach (IGrouping<string, CaseResult> op in report.ByOp)
        {
            table.AddRow(
                op.Key, Count(op.Count()), Count(op.Count(item => item.Status == CaseStatus.Passed)),
                Count(op.Count(item => item.Status == CaseStatus.Failed)), Count(op.Count(item => item.Status == CaseStatus.Skipped)),
                Error(op.Max(item => item.Error)));
        }

        terminal.Console.Write(table);
        foreach (CaseResult item in report.Cases.Where(item => item.Status != CaseStatus.Passed))
            terminal.Output.WriteLine($"{item.Status.ToString().ToLowerInvariant()}: {item.Op} {item.Parameters}: {item.Message}");
        terminal.Output.WriteLine(report.Summary);
    }

    /// <summary>A share of the allowed error.</summary>
    public static string Error(double error) =>
        double.IsFinite(error) ? error.ToString("0.###", CultureInfo.InvariantCulture) : "wrong";

    private static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);
}
