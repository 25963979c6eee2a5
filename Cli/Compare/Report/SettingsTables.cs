using System.Globalization;
using VkSparseGrad.Cli.Compare.Plan;

namespace VkSparseGrad.Cli.Compare.Report;

/// <summary>The settings: those of all cells, and where cells differ.</summary>
internal static class SettingsTables
{
    // What a row's own columns say, and what is a cell's own.
    private static readonly string[] Own = ["task", "seed", "output"];

    public static IEnumerable<ReportTable> Of(ComparisonPlan plan)
    {
        Cell[] cells = [.. plan.Cells.Where(cell => cell.Seed == plan.Seeds[0])];
        string[] names = [.. cells[0].Effective.Select(setting => setting.Name).Except(Own)];
        string[] differing = [.. names.Where(name => cells.Select(cell => Value(cell, name)).Distinct().Count() > 1)];
        yield return new ReportTable(
            "Settings", $"Of all cells; seeds {string.Join(", ", plan.Seeds)}. '{Numbers.Absent}': not set.", ["setting", "value"],
            [.. names.Except(differing).Select(name => (IReadOnlyList<string>)[name, Value(cells[0], name)])]);
        if (differing.Length > 0)
        {
            yield return new ReportTable(
                "Settings that differ", null, ["task", "method", .. differing.Select(name => name == "method" ? "method of train" : name)],
                [.. cells.Select(cell => (IReadOnlyList<string>)[cell.Task, cell.Method.Name, .. differing.Select(name => Value(cell, name))])]);
        }
    }

    /// <summary>A cell's settings in one text, without one of them.</summary>
    public static string AllBut(Cell cell, string except) => string.Join(
        '\n', cell.Effective.Select(setting => setting.Name).Except(Own).Where(name => name != except).Select(name => $"{name} {Value(cell, name)}"));

    private static string Value(Cell cell, string name) => cell.Effective.First(setting => setting.Name == name).Value switch
    {
        null => Numbers.Absent,
        bool flag => flag ? "yes" : "no",
        object value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
