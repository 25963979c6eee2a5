using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Conformance.Pipelines;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>Writes a compile report as a table, JSON or comma-separated values.</summary>
internal static class CompileOutput
{
    public static void Write(Terminal terminal, CompileReport report, string format)
    {
        switch (format)
        {
            case "json":
                WriteJson(terminal.Output, report);
                break;
            case "csv":
                terminal.Output.WriteLine("shader,subgroup_width,constants,statistic,value,fault");
                foreach (CompiledPipeline pipeline in report.Pipelines)
                {
                    foreach ((string name, double value) in pipeline.Statistics)
                    {
                        terminal.Output.WriteLine(ReportCsv.Line(
                            pipeline.Request.Shader, Number(pipeline.Request.SubgroupSize), pipeline.Request.Name, name, Number(value), pipeline.Fault ?? ""));
                    }
                }

                break;
            default:
                WriteTable(terminal, report);
                break;
        }
    }

    private static void WriteTable(Terminal terminal, CompileReport report)
    {
        (string Name, string Title, bool LessIsWorse)[] shown =
            [.. CompileReport.Shown.Where(item => report.Pipelines.Any(pipeline => pipeline.Statistics.ContainsKey(item.Name)))];
        Table table = new Table().AddColumns(["Shader", "Width", "Pipelines", .. shown.Select(item => item.Title), "At fault"]);
        foreach (IGrouping<(string Shader, int Width), CompiledPipeline> group in report.ByShader)
        {
            table.AddRow(
            [
                group.Key.Shader, Number(group.Key.Width), Number(group.Count()),
                .. shown.Select(item => CompileReport.Worst(group, item.Name, item.LessIsWorse) is double value ? Number(value) : "-"),
                Number(group.Count(pipeline => pipeline.Fault is not null)),
            ]);
        }

        terminal.Output.WriteLine($"{report.Device.Name}, {report.Device.Driver}: the largest of each over a shader's pipelines, of subgroups per SIMD the least");
        terminal.Console.Write(table);
        foreach (CompiledPipeline pipeline in report.Pipelines.Where(pipeline => pipeline.Fault is not null))
            terminal.Output.WriteLine($"failed: {pipeline.Request.Name}: {pipeline.Fault}");
        terminal.Output.WriteLine(report.Summary);
    }

    private static void WriteJson(TextWriter output, CompileReport report) => JsonOutput.WriteObject(output, json =>
    {
        json.WriteString("mode", "compile");
        json.WriteString("device", report.Device.Name);
        json.WriteString("driver", report.Device.Driver);
        json.WriteStartArray("pipelines");
        foreach (CompiledPipeline pipeline in report.Pipelines)
        {
            json.WriteStartObject();
            json.WriteString("shader", pipeline.Request.Shader);
            json.WriteNumber("subgroup_width", pipeline.Request.SubgroupSize);
            json.WriteString("name", pipeline.Request.Name);
            json.WriteString("fault", pipeline.Fault);
            json.WriteStartObject("statistics");
            foreach ((string name, double value) in pipeline.Statistics)
                json.WriteNumber(name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>Reads what <see cref="Write"/> wrote as JSON.</summary>
    /// <param name="root">The document.</param>
    public static CompileReport Read(JsonElement root)
    {
        string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
        var device = new DeviceInfo(0, Text(root, "device"), DeviceKind.Other, Text(root, "driver"), new Version(), 0, 0, null);
        return new CompileReport(
            device,
            [
                .. root.GetProperty("pipelines").EnumerateArray().Select(item => new CompiledPipeline(
                    new PipelineRequest(Text(item, "shader"), 0, 0, item.GetProperty("subgroup_width").GetInt32(), []),
                    item.GetProperty("statistics").EnumerateObject().ToDictionary(value => value.Name, value => value.Value.GetDouble()),
                    item.GetProperty("fault").GetString())),
            ]);
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
