using System.Text;

namespace VkSparseGrad.Cli.Compare.Report;

/// <summary>A report as Markdown.</summary>
internal static class MarkdownReport
{
    public static string Of(ReportContent content)
    {
        var text = new StringBuilder();
        text.Append("# ").Append(content.Title).Append('\n');
        foreach (ReportTable table in content.Results)
            Append(text, table);
        text.Append("\n## Plots\n");
        foreach (ReportPlot plot in content.Plots)
            text.Append("\n![").Append(plot.Title).Append("](").Append(plot.File).Append(")\n");
        foreach (ReportTable table in content.Settings)
            Append(text, table);
        text.Append("\n## Device\n\n");
        foreach (string device in content.Devices)
            text.Append("- ").Append(device).Append('\n');
        text.Append("\n## How to make this report\n\n```\n").Append(content.Source).Append("\n```\n");
        return text.ToString();
    }

    private static void Append(StringBuilder text, ReportTable table)
    {
        text.Append("\n## ").Append(table.Title).Append("\n\n");
        if (table.Note is not null)
            text.Append(table.Note).Append("\n\n");
        AppendRow(text, table.Columns);
        AppendRow(text, table.Columns.Select(_ => "---"));
        foreach (IReadOnlyList<string> row in table.Rows)
            AppendRow(text, row);
    }

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells) =>
        text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
}
