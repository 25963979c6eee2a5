using System.Globalization;
using System.Text.Json;
using VkSparseGrad.Conformance;
using VkSparseGrad.Conformance.Pipelines;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>Several JSON reports as the Markdown page docs/conformance.md: a row an op, a column a device.</summary>
internal sealed class ReportPage
{
    private readonly List<ConformanceReport> cases = [];
    private readonly List<CompileReport> compiled = [];

    /// <summary>Reads a report of any mode.</summary>
    /// <exception cref="InvalidDataException">The file is not such a report.</exception>
    public void Add(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.GetProperty("mode").GetString() == "compile")
                compiled.Add(CompileOutput.Read(document.RootElement));
            else
                cases.Add(ReportJson.Read(document.RootElement));
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"{path} is not a report of 'vksparsegrad conformance --format json'.", error);
        }
    }

    public void Write(TextWriter output)
    {
        output.WriteLine("""
            # Conformance

            Made by `scripts/conformance.sh` from runs of `vksparsegrad conformance`; not written by hand.
            """);
        foreach (IGrouping<string, ConformanceReport> mode in cases.GroupBy(report => report.Mode))
            WriteCases(output, mode.Key, [.. mode]);
        if (compiled.Count > 0)
            WriteCompiled(output);
    }

    private static void WriteCases(TextWriter output, string mode, ConformanceReport[] columns)
    {
        output.WriteLine();
        output.WriteLine(mode == "grad"
            ? """
            ## Gradient rules

            Each rule runs on the device and is compared with central differences of the loss, which the CPU reference computes in
            double precision.
            """
            : """
            ## Kernels and whole training steps

            Each op runs on the device and on the CPU reference in double precision, with known bytes around every buffer and
            Vulkan's validation layer watching; the training steps are compared with what PyTorch computed in float64. A cell is the
            largest error of an op's cases as a share of the limit, which stands with its reason in `Conformance/Cases/`. `-`: no
            case ran; `wrong`: one did not hold.
            """);
        output.WriteLine();
        for (int i = 0; i < columns.Length; i++)
            output.WriteLine($"{i + 1}. {Describe(columns[i])}: {columns[i].Summary}");
        output.WriteLine();
        output.WriteLine("| op | cases | " + string.Join(" | ", Enumerable.Range(1, columns.Length)) + " |");
        output.WriteLine("|---|---|" + string.Concat(Enumerable.Repeat("---|", columns.Length)));
        foreach (string op in columns.SelectMany(report => report.Cases).Select(item => item.Op).Distinct())
        {
            int count = columns.Max(report => report.Cases.Count(item => item.Op == op));
            output.WriteLine($"| {op} | {count} | " + string.Join(" | ", columns.Select(report => Cell(report, op))) + " |");
        }
    }

    private void WriteCompiled(TextWriter output)
    {
        (CompileReport Report, int Width)[] columns =
        [
            .. compiled.SelectMany(report => report.Pipelines.Select(pipeline => pipeline.Request.SubgroupSize).Distinct()
                .Select(width => (report, width))),
        ];
        output.WriteLine();
        output.WriteLine("""
            ## Compiled for AMD

            Every pipeline that the kernels can ask for, compiled by Mesa's RADV without a card: vector registers / shared bytes /
            subgroups a SIMD holds, the worst over a shader's pipelines. Nothing spills and nothing has scratch memory, or the cell
            says `fault`.
            """);
        output.WriteLine();
        output.WriteLine("| shader | pipelines | " + string.Join(" | ", columns.Select(column => $"{Family(column.Report)}, wave {column.Width}")) + " |");
        output.WriteLine("|---|---|" + string.Concat(Enumerable.Repeat("---|", columns.Length)));
        foreach (string shader in compiled.SelectMany(report => report.Pipelines).Select(pipeline => pipeline.Request.Shader).Distinct())
        {
            CompiledPipeline[][] cells =
            [
                .. columns.Select(column => column.Report.Pipelines
                    .Where(pipeline => pipeline.Request.Shader == shader && pipeline.Request.SubgroupSize == column.Width).ToArray()),
            ];
            output.WriteLine($"| {shader} | {cells.Max(cell => cell.Length)} | " + string.Join(" | ", cells.Select(Cell)) + " |");
        }
    }

    private static string Family(CompileReport report) =>
        report.Device.Name.Replace("Null hardware (RADV ", "", StringComparison.Ordinal).TrimEnd(')');

    private static string Cell(CompiledPipeline[] pipelines)
    {
        if (pipelines.Length == 0)
            return "-";
        if (pipelines.Any(pipeline => pipeline.Fault is not null))
            return "fault";
        return string.Join(" / ", CompileReport.Shown.Select(item => CompileReport.Worst(pipelines, item.Name, item.LessIsWorse))
            .OfType<double>().Select(value => value.ToString(CultureInfo.InvariantCulture)));
    }

    private static string Describe(ConformanceReport report)
    {
        string disabled = report.Disabled.Count == 0 ? "" : $", without {string.Join(", ", report.Disabled)}";
        return $"{report.Device.Name}, {report.Device.Driver}, Vulkan {report.Device.ApiVersion}, subgroups of {report.SubgroupWidth}{disabled}";
    }

    private static string Cell(ConformanceReport report, string op)
    {
        CaseResult[] ran = [.. report.Cases.Where(item => item.Op == op && item.Status != CaseStatus.Skipped)];
        if (ran.Length == 0)
            return "-";
        return ran.Any(item => item.Status == CaseStatus.Failed) ? "wrong" : ReportTable.Error(ran.Max(item => item.Error));
    }
}
