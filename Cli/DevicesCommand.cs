using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Cli;

/// <summary><c>vksparsegrad devices</c>: what Vulkan offers on this machine.</summary>
internal static class DevicesCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("devices", "Lists the Vulkan devices of this machine, in the order in which 'train' chooses. The index or a part of the name goes to --device.");
        command.SetAction(_ =>
        {
            IReadOnlyList<DeviceInfo> devices = VulkanDevice.List();
            if (devices.Count == 0)
                throw new DeviceException("Vulkan lists no device. On Debian a software driver comes with: apt install mesa-vulkan-drivers.");
            terminal.Console.Write(TableOf(devices));
            return ExitCode.Success;
        });
        return command;
    }

    private static Table TableOf(IReadOnlyList<DeviceInfo> devices)
    {
        Table table = new Table().AddColumns("Index", "Name", "Kind", "Driver", "Vulkan", "Memory", "Subgroup", "Usable");
        foreach (DeviceInfo device in devices)
        {
            table.AddRow(
            [
                Plain(device.Index.ToString(CultureInfo.InvariantCulture)),
                Plain(device.Name),
                Plain(Text.Kind(device.Kind)),
                Plain(device.Driver),
                Plain(device.ApiVersion.ToString()),
                Plain(Text.Bytes(device.DeviceLocalBytes)),
                Plain(device.SubgroupSize.ToString(CultureInfo.InvariantCulture)),
                Plain(device.Unsuitable is string reason ? "no: " + reason : "yes"),
            ]);
        }

        return table;
    }

    // Names come from drivers and must not be read as markup.
    private static Spectre.Console.Text Plain(string text) => new(text);
}
