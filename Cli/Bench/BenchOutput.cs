using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using VkSparseGrad.Benchmarks;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Cli.Bench;

/// <summary>Writes figures as a table, or as a JSON list of name, value and unit.</summary>
internal static class BenchOutput
{
    public static void Write(Terminal terminal, DeviceInfo device, IReadOnlyList<Measurement> measurements, string format)
    {
        if (format == "json")
        {
            JsonOutput.WriteArray(terminal.Output, json => WriteElements(json, measurements));
            return;
        }

        terminal.Output.WriteLine($"{device.Name}, {device.Driver}");
        Table table = new Table().AddColumns("Figure", "Value", "Unit");
        foreach (Measurement item in measurements)
            table.AddRow(item.Name, item.Value.ToString("G4", CultureInfo.InvariantCulture), item.Unit);
        terminal.Console.Write(table);
    }

    private static void WriteElements(Utf8JsonWriter json, IReadOnlyList<Measurement> measurements)
    {
        foreach (Measurement item in measurements)
        {
            json.WriteStartObject();
            json.WriteString("name", item.Name);
            json.WriteNumber("value", item.Value);
            json.WriteString("unit", item.Unit);
            json.WriteEndObject();
        }
    }
}
