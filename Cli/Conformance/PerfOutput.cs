using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Conformance.Performance;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>Writes speeds as a table, JSON or comma-separated values.</summary>
internal static class PerfOutput
{
    public static void Write(Terminal terminal, DeviceInfo device, PerfRun run, IReadOnlyList<PerfResult> results, string format)
    {
        switch (format)
        {
            case "json":
                WriteJson(terminal.Output, device, run, results);
                break;
            case "csv":
                terminal.Output.WriteLine("op,parameters,milliseconds,gflops,gbytes_per_second,share_of_roof");
                foreach (PerfResult result in results)
                    terminal.Output.WriteLine(ReportCsv.Line([result.Op, result.Parameters, .. Numbers(result)]));
                break;
            default:
                terminal.Output.WriteLine(FormattableString.Invariant(
                    $"{device.Name}, {device.Driver}; roofs: {run.OperationsRoof / 1e9:F1} GFLOP/s of multiply-adds, {run.BytesRoof / 1e9:F1} GB/s copied (what fits a cache may pass it)"));
                Table table = new Table().AddColumns("Op", "Shape", "ms", "GFLOP/s", "GB/s", "Share of roof");
                foreach (PerfResult result in results)
                    table.AddRow([result.Op, result.Parameters, .. Numbers(result)]);
                terminal.Console.Write(table);
                break;
        }
    }

    private static string[] Numbers(PerfResult result) =>
    [
        Number(result.Seconds * 1e3, "F3"), result.OperationsPerSecond > 0 ? Number(result.OperationsPerSecond / 1e9, "F1") : "",
        Number(result.BytesPerSecond / 1e9, "F1"), Number(result.ShareOfRoof, "F3"),
    ];

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static void WriteJson(TextWriter output, DeviceInfo device, PerfRun run, IReadOnlyList<PerfResult> results) => JsonOutput.WriteObject(output, json =>
    {
        json.WriteString("mode", "perf");
        json.WriteString("device", device.Name);
        json.WriteString("driver", device.Driver);
        json.WriteNumber("roof_flops_per_second", run.OperationsRoof);
        json.WriteNumber("roof_bytes_per_second", run.BytesRoof);
        json.WriteStartArray("cases");
        foreach (PerfResult result in results)
        {
            json.WriteStartObject();
            json.WriteString("op", result.Op);
            json.WriteString("parameters", result.Parameters);
            json.WriteNumber("seconds", result.Seconds);
            json.WriteNumber("flops_per_second", result.OperationsPerSecond);
            json.WriteNumber("bytes_per_second", result.BytesPerSecond);
            json.WriteNumber("share_of_roof", result.ShareOfRoof);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
