using System.Text;
using VkSparseGrad.Cli.Compare.Cells;
using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Files;

namespace VkSparseGrad.Cli.Compare.Report;

/// <summary>The report of a comparison as it stands: <c>report.md</c>, <c>report.html</c> and <c>plots/</c>.</summary>
internal sealed class ComparisonReport(ComparisonState state, ComparisonRequest request)
{
    public string MarkdownFile => Path.Combine(request.Output, "report.md");

    public string HtmlFile => Path.Combine(request.Output, "report.html");

    public void Write()
    {
        Directory.CreateDirectory(request.Output);
        CellResult[] results = [.. state.Plan.Cells.Select(state.ResultOf).OfType<CellResult>()];
        var content = new ReportContent(
            $"Comparison of fine-tuning methods: {string.Join(", ", state.Plan.Tasks)}",
            [.. ScoreTables.Of(state), .. SpeedTables.Of(state), .. VariationTables.Of(state), .. FailureTable.Of(state)],
            ReportPlots.Write(state, request.Output),
            [.. SettingsTables.Of(state.Plan)],
            [.. results.Select(result => $"{result.Device}, {result.Driver}").Distinct()],
            request.Source);
        Write(MarkdownFile, MarkdownReport.Of(content));
        Write(HtmlFile, HtmlReport.Of(content, request.Output));
    }

    private static void Write(string path, string text) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
