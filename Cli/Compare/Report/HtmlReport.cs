using System.Net;
using System.Text;

namespace VkSparseGrad.Cli.Compare.Report;

/// <summary>A report as one HTML file, plots included.</summary>
internal static class HtmlReport
{
    private const string Style = """
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
        h1, h2 { line-height: 1.2; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem .7rem; text-align: left; border-bottom: 1px solid #ddd; white-space: nowrap; }
        th { border-bottom: 2px solid #888; }
        img { max-width: 100%; }
        pre { background: #f4f4f4; padding: 1rem; overflow-x: auto; }
        """;

    /// <param name="content">The report.</param>
    /// <param name="folder">Where its plots are.</param>
    public static string Of(ReportContent content, string folder)
    {
        var text = new StringBuilder();
        text.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>").Append(Encoded(content.Title))
            .Append("</title>\n<style>\n").Append(Style.ReplaceLineEndings("\n")).Append("\n</style>\n</head>\n<body>\n<h1>")
            .Append(Encoded(content.Title)).Append("</h1>\n");
        foreach (ReportTable table in content.Results)
            Append(text, table);
        text.Append("<h2>Plots</h2>\n");
        foreach (ReportPlot plot in content.Plots)
        {
            string png = Convert.ToBase64String(File.ReadAllBytes(Path.Combine(folder, plot.File)));
            text.Append("<p><img alt=\"").Append(Encoded(plot.Title)).Append("\" src=\"data:image/png;base64,").Append(png).Append("\"></p>\n");
        }

        foreach (ReportTable table in content.Settings)
            Append(text, table);
        text.Append("<h2>Device</h2>\n<ul>\n");
        foreach (string device in content.Devices)
            text.Append("<li>").Append(Encoded(device)).Append("</li>\n");
        text.Append("</ul>\n<h2>How to make this report</h2>\n<pre>").Append(Encoded(content.Source)).Append("</pre>\n</body>\n</html>\n");
        return text.ToString();
    }

    private static void Append(StringBuilder text, ReportTable table)
    {
        text.Append("<h2>").Append(Encoded(table.Title)).Append("</h2>\n");
        if (table.Note is not null)
            text.Append("<p>").Append(Encoded(table.Note)).Append("</p>\n");
        text.Append("<div class=\"wide\"><table>\n");
        AppendRow(text, table.Columns, "th");
        foreach (IReadOnlyList<string> row in table.Rows)
            AppendRow(text, row, "td");
        text.Append("</table></div>\n");
    }

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells, string element)
    {
        text.Append("<tr>");
        foreach (string cell in cells)
            text.Append('<').Append(element).Append('>').Append(Encoded(cell)).Append("</").Append(element).Append('>');
        text.Append("</tr>\n");
    }

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);
}
