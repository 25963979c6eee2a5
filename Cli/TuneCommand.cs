using System.CommandLine;
using System.Diagnostics;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan.Tuning;

namespace VkSparseGrad.Cli;

/// <summary><c>vksparsegrad tune</c>: measures how a GPU multiplies fastest, ahead of training.</summary>
internal static class TuneCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        Option<string> device = SharedOptions.Device();
        Option<bool> forget = Options.Switch("--forget", "Delete what was measured of this device, and go by the built-in rule again.");
        var command = new Command(
            "tune",
            "Measures how a GPU divides the matrix products of well-known BERTs fastest, all at once: training measures those that it meets by itself. The results of later runs stay the same to the bit, their speed may rise. Let nothing else run beside it.")
        {
            device, forget,
        };
        command.SetAction(result =>
        {
            using VulkanDevice opened = CommandDevice.Open(result.GetValue(device));
            terminal.Output.WriteLine(result.GetValue(forget) ? Forget(opened) : Measure(opened, terminal, cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    private static string Forget(VulkanDevice device) => MatmulTuning.Forget(device) is string file
        ? $"Deleted {file}."
        : $"Nothing was measured of {device.Info.Name}.";

    private static string Measure(VulkanDevice device, Terminal terminal, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        int all = MatmulTuning.Products;
        MatmulTuning tuning = MatmulTuning.Measure(
            device,
            done =>
            {
                if (done % 50 == 0)
                    terminal.Error.WriteLine($"{done} of {all} products");
            },
            cancellation);
        string file = tuning.Save();
        return $"{all} products on {device.Info.Name} in {Text.Time(Stopwatch.GetElapsedTime(start))}: {tuning.Changed} are faster in other tiles than by the rule. Kept in {file}.";
    }
}
