using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Checkpoints;

namespace VkSparseGrad.Cli.Train;

/// <summary>What is around a run whose result goes into a folder, whatever it trains: output, checkpoints, device, metrics.</summary>
internal sealed class SavedRun(RunSettings settings, Terminal terminal, CancellationToken cancellation)
{
    /// <summary>What <c>metrics.json</c> calls the task.</summary>
    public required string TaskName { get; init; }

    /// <summary>The settings that the run works with.</summary>
    public required IReadOnlyList<(string Name, object? Value)> Effective { get; init; }

    /// <summary>Says what the run starts from, before it works.</summary>
    public required Action Tell { get; init; }

    /// <summary>What its checkpoints are of.</summary>
    public required Func<RunIdentity> Identity { get; init; }

    /// <summary>Does the run; the folder gets its result.</summary>
    public required Func<VulkanKernels, string, RunCheckpoints?, TrainOutcome> Run { get; init; }

    /// <summary>Does it all; the output folder is there afterwards, or an exception says why not.</summary>
    public void Execute()
    {
        using OutputFolder output = OutputFolder.Begin(settings.Output, settings.Overwrite, settings.Inputs);
        Preamble.TellSettings(terminal, Effective);
        Tell();
        using RunCheckpoints? checkpoints = RunCheckpoints.AreAsked(settings)
            ? RunCheckpoints.Begin(settings, Identity(), terminal.Output.WriteLine)
            : null;

        using VulkanDevice device = CommandDevice.Open(settings.Device, settings.Validation, settings.Tuning);
        Preamble.TellDevice(terminal, device.Info);
        Preamble.TellResumption(terminal, checkpoints?.Resumed, device.Info);
        using var kernels = new VulkanKernels(device);
        TrainOutcome outcome = FailureAdvice.Give(checkpoints, () => Run(kernels, output.Aside, checkpoints));
        MetricsFile.Write(output.Aside, TaskName, settings.Training, Effective, outcome);
        CommandDevice.RequireNoValidationMessages(device);
        cancellation.ThrowIfCancellationRequested();
        output.Publish();
        checkpoints?.Finish();
        Summary.Print(terminal, outcome);
        terminal.Output.WriteLine($"The result is in {Path.GetFullPath(settings.Output)}");
    }
}
