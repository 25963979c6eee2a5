using System.Text.Json;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Conformance;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>A report as JSON, to be read by programs and by <see cref="ReportPage"/>.</summary>
internal static class ReportJson
{
    public static void Write(TextWriter output, ConformanceReport report) => JsonOutput.WriteObject(output, json =>
    {
        json.WriteString("mode", report.Mode);
        json.WriteString("device", report.Device.Name);
        json.WriteString("kind", report.Device.Kind.ToString());
        json.WriteString("driver", report.Device.Driver);
        json.WriteString("api_version", report.Device.ApiVersion.ToString());
        json.WriteNumber("subgroup_width", report.SubgroupWidth);
        json.WriteStartArray("disabled");
        foreach (string feature in report.Disabled)
            json.WriteStringValue(feature);
        json.WriteEndArray();
        json.WriteNumber("passed", report.Count(CaseStatus.Passed));
        json.WriteNumber("failed", report.Count(CaseStatus.Failed));
        json.WriteNumber("skipped", report.Count(CaseStatus.Skipped));
        json.WriteStartArray("cases");
        foreach (CaseResult item in report.Cases)
            Write(json, item);
        json.WriteEndArray();
    });

    /// <summary>Reads a report of cases, as <see cref="Write(TextWriter, ConformanceReport)"/> wrote it.</summary>
    public static ConformanceReport Read(JsonElement root)
    {
        var device = new DeviceInfo(
            0, Text(root, "device"), Enum.Parse<DeviceKind>(Text(root, "kind")), Text(root, "driver"),
            Version.Parse(Text(root, "api_version")), 0, 0, null);
        return new ConformanceReport(
            Text(root, "mode"), device, root.GetProperty("subgroup_width").GetInt32(),
            [.. root.GetProperty("disabled").EnumerateArray().Select(item => item.GetString()!)],
            [.. root.GetProperty("cases").EnumerateArray().Select(ReadCase)]);
    }

    private static CaseResult ReadCase(JsonElement item) => new(
        Text(item, "op"), Text(item, "parameters"), Enum.Parse<CaseStatus>(Text(item, "status"), ignoreCase: true),
        item.GetProperty("error_over_limit") is { ValueKind: JsonValueKind.Number } error ? error.GetDouble() : double.PositiveInfinity,
        item.TryGetProperty("message", out JsonElement message) ? message.GetString() : null);

    private static void Write(Utf8JsonWriter json, CaseResult item)
    {
        json.WriteStartObject();
        json.WriteString("op", item.Op);
        json.WriteString("parameters", item.Parameters);
        json.WriteString("status", item.Status.ToString().ToLowerInvariant());
        json.WriteFinite("error_over_limit", item.Error);
        if (item.Message is not null)
            json.WriteString("message", item.Message);
        json.WriteEndObject();
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
