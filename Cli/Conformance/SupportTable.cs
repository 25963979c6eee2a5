using System.Globalization;
using Spectre.Console;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>What a device can, and which way the kernels take on it.</summary>
internal static class SupportTable
{
    public static void Write(Terminal terminal, VulkanDevice device, string format)
    {
        (string Name, string Value, string Consequence)[] rows = [.. Rows(device)];
        switch (format)
        {
            case "json":
                JsonOutput.WriteObject(terminal.Output, json =>
                {
                    foreach ((string name, string value, _) in rows)
                        json.WriteString(name, value);
                });
                break;
            case "csv":
                terminal.Output.WriteLine("name,value,consequence");
                foreach ((string name, string value, string consequence) in rows)
                    terminal.Output.WriteLine(ReportCsv.Line(name, value, consequence));
                break;
            default:
                Table table = new Table().AddColumns("What", "Here", "What follows");
                foreach ((string name, string value, string consequence) in rows)
                    table.AddRow(new Spectre.Console.Text(name), new Spectre.Console.Text(value), new Spectre.Console.Text(consequence));
                terminal.Console.Write(table);
                break;
        }
    }

    private static IEnumerable<(string Name, string Value, string Consequence)> Rows(VulkanDevice device)
    {
        PhysicalDeviceFacts facts = device.Facts;
        yield return ("device", device.Info.Name, Text.Kind(device.Info.Kind));
        yield return ("driver", device.Info.Driver, $"Vulkan {device.Info.ApiVersion}");
        yield return ("subgroup operations", YesNo(facts.SubgroupOperations), facts.SubgroupOperations
            ? "rows, attention, top-k and the sparse scatter use them"
            : "these kernels go through shared memory");
        yield return ("subgroup width", Number(facts.SubgroupSize), $"kernels use {Number(device.SubgroupSize)}");
        yield return ("subgroup size control", YesNo(facts.SubgroupSizeControl), facts.SubgroupSizeControl
            ? $"widths from {Number(facts.MinSubgroupSize)} to {Number(facts.MaxSubgroupSize)} can be asked for"
            : "the width is the device's own");
        yield return ("workgroup invocations", Number(facts.MaxWorkgroupInvocations), $"matmul tiles of up to {Number(MatmulTile.All.Where(tile => tile.Fits(facts)).Max(tile => tile.Threads))} invocations");
        yield return ("shared memory", Text.Bytes(facts.MaxSharedMemory), "16.0 KiB are enough");
        yield return ("storage buffer range", Text.Bytes(device.MaxBindingBytes), "larger tensors are bound in windows");
        yield return ("memory", Text.Bytes(device.Info.DeviceLocalBytes), "largest device-local heap");
        yield return ("timestamps", YesNo(facts.Timestamps), facts.Timestamps
            ? "submissions follow the device's speed"
            : "submissions follow a first guess of the device's speed");
        yield return ("16-bit types, 64-bit integers, float atomics", "not used", "every device runs the same 32-bit kernels");
    }

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
