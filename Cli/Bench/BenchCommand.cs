using System.CommandLine;
using VkSparseGrad.Benchmarks;
using VkSparseGrad.Benchmarks.Kernels;
using VkSparseGrad.Benchmarks.Models;
using VkSparseGrad.Benchmarks.Steps;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Bench;

/// <summary><c>vksparsegrad bench</c>: the speed and the memory of a device, on random weights.</summary>
internal sealed class BenchCommand
{
    private readonly Option<string> suite = Options.Choice(
        "--suite", "kernels: matrix products beside the most that the device can do; tiles: the same with every division into workgroups, on GPUs; steps: whole training steps of every method, in turn; memory: their peaks of device memory; prelim: SparseGrad's preliminary phase; profile: what each kernel takes of a step; growth: how time and memory grow with each size of a step, by exponent.",
        ["kernels", "tiles", "steps", "memory", "prelim", "profile", "growth", "all"], "all");

    private readonly Option<string> format = Options.Choice(
        "--format", "How the result is written; json is a list of name, value and unit.", ["table", "json"], "table");

    private readonly Option<string> shape = Options.Choice("--shape", "Dimensions of the model.", ModelShape.Names, "bert-base");

    private readonly Option<int?> sequences = Options.Number<int>(
        "--sequences", "Sequences of a step.", "a whole number from 1 to 4096", value => value is >= 1 and <= 4096, 16);

    private readonly Option<int?> length = Options.Number<int>(
        "--length", "Tokens of a sequence.", "a whole number from 3 to 512", value => value is >= 3 and <= 512, 128);

    private readonly Option<bool> checkpointing = Options.Switch(
        "--checkpointing", "Steps, memory and profiles with train's --checkpointing.");

    private readonly PrecisionOption precision = new("Steps, memory and profiles with train's --precision.");

    private readonly Option<string> device = SharedOptions.Device();

    private readonly Option<bool> noTuning = SharedOptions.NoTuning();

    private readonly Option<string[]> merge = SharedOptions.Merge(
        "Run nothing; write the table of docs/performance.md from JSON lists of earlier runs, those of other libraries beside ours.");

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        var arguments = new BenchCommand();
        var command = new Command("bench", "Measures speed and memory. Let nothing else run beside it.")
        {
            arguments.suite, arguments.shape, arguments.sequences, arguments.length, arguments.checkpointing, arguments.precision.Option,
            arguments.device, arguments.noTuning, arguments.format, arguments.merge,
        };
        command.SetAction(result => arguments.Run(result, terminal, cancellation));
        return command;
    }

    private int Run(ParseResult result, Terminal terminal, CancellationToken cancellation)
    {
        if (result.GetValue(merge) is { Length: > 0 } files)
        {
            var page = new BenchPage();
            Array.ForEach(files, page.Add);
            page.Write(terminal.Output);
            return ExitCode.Success;
        }

        using VulkanDevice opened = CommandDevice.Open(result.GetValue(device), tuning: !result.GetValue(noTuning));
        var measurements = new List<Measurement>();

        // The result alone goes to the output, which a program may read.
        void Tell(string what) => terminal.Error.WriteLine(what);
        using (var kernels = new VulkanKernels(opened))
        {
            if (kernels.Tuning is { Measured: > 0 and int products })
                Tell($"products are divided as was measured on this device for {products} of them");
        }

        string chosen = result.GetRequiredValue(suite);
        bool Wants(string name) => chosen == name || chosen == "all";
        if (Wants("kernels"))
        {
            using var kernels = new VulkanKernels(opened);
            measurements.AddRange(new KernelSuite(kernels).Run(Tell, cancellation));
        }

        if (chosen == "tiles")
        {
            using var kernels = new VulkanKernels(opened);
            measurements.AddRange(new TileSuite(kernels).Run(Tell, cancellation));
        }

        BenchedMethod[] methods =
        [
            .. BenchedMethod.All.Select(method => method with { Checkpointing = result.GetValue(checkpointing), Precision = precision.Read(result) }),
        ];
        BertConfig config = ModelShape.Named(result.GetRequiredValue(shape));
        int count = result.GetRequiredValue(sequences)!.Value, tokens = result.GetRequiredValue(length)!.Value;
        if (Wants("steps") || Wants("memory"))
        {
            StepTimes times = new StepSuite(opened, config, count, tokens).Run(methods, Tell, cancellation);
            if (Wants("steps"))
                measurements.AddRange(times.Speed());
            if (Wants("memory"))
                measurements.AddRange(times.Memory());
        }

        if (Wants("prelim"))
        {
            Tell("the preliminary phase");
            measurements.AddRange(new PreliminarySuite(opened, config, count, tokens).Run());
        }

        if (Wants("profile") && chosen != "profile" && !opened.Facts.Timestamps)
            Tell("no profile: the device does not tell how long its work takes");
        else if (Wants("profile"))
            measurements.AddRange(new ProfileSuite(opened, config, count, tokens).Run(methods, Tell, cancellation));

        if (Wants("growth"))
        {
            BenchedMethod[] grown = [.. methods.Where(method => method.Method is TrainingMethod.Full or TrainingMethod.SparseGrad)];
            measurements.AddRange(new GrowthSuite(opened).Run(GrowthAxis.All, grown, Tell, cancellation));
        }

        BenchOutput.Write(terminal, opened.Info, measurements, result.GetRequiredValue(format));
        return ExitCode.Success;
    }
}
