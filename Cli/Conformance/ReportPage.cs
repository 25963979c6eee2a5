using VkSparseGrad.Conformance;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>Several reports as the Markdown page docs/conformance.md: a row an op, a column a device.</summary>
internal static class ReportPage
{
    public static void Write(TextWriter output, IReadOnlyList<ConformanceReport> reports)
    {
        output.WriteLine("# Conformance");
        output.WriteLine();
        output.WriteLine("Made by `vksparsegrad conformance --merge` from reports of real runs; `scripts/conformance.sh` does all of it.");
        output.WriteLine();
        output.WriteLine("Every op runs on the device and on the CPU reference (double precision), with known bytes around every buffer and the");
        output.WriteLine("validation layer watching. A cell holds the largest error of an op's cases as a share of the op's own limit, which stands");
        output.WriteLine("with its reason beside the op's cases in `Conformance/Cases/`; `-` means that no case ran, `wrong` that one did not hold.");
        foreach (IGrouping<string, ConformanceReport> mode in reports.GroupBy(report => report.Mode))
        {
            ConformanceReport[] columns = [.. mode];
            output.WriteLine();
            output.WriteLine(mode.Key == "grad"
                ? "## Gradient rules against central differences"
                : "## Kernels and whole steps against the reference");
            output.WriteLine();
            for (int i = 0; i < columns.Length; i++)
                output.WriteLine($"{i + 1}. {Describe(columns[i])}: {columns[i].Summary}");
            output.WriteLine();
            output.WriteLine("| op | " + string.Join(" | ", Enumerable.Range(1, columns.Length)) + " |");
            output.WriteLine("|---|" + string.Concat(Enumerable.Repeat("---|", columns.Length)));
            foreach (string op in columns.SelectMany(report => report.Cases).Select(item => item.Op).Distinct())
                output.WriteLine($"| {op} | " + string.Join(" | ", columns.Select(report => Cell(report, op))) + " |");
        }
    }

    private static string Describe(ConformanceReport report)
    {
        string disabled = report.Disabled.Count == 0 ? "" : $", without {string.Join(", ", report.Disabled)}";
        return $"{report.Device.Name}, {report.Device.Driver}, Vulkan {report.Device.ApiVersion}, subgroups of {report.SubgroupWidth}{disabled}";
    }

    private static string Cell(ConformanceReport report, string op)
    {
        CaseResult[] cases = [.. report.Cases.Where(item => item.Op == op && item.Status != CaseStatus.Skipped)];
        if (cases.Length == 0)
            return "-";
        return cases.Any(item => item.Status == CaseStatus.Failed) ? "wrong" : ReportTable.Error(cases.Max(item => item.Error));
    }
}
