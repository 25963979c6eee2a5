using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.HuggingFace;

namespace VkSparseGrad.Cli.Train;

/// <summary>A run whose trained model goes into a folder: checks, the run itself, the result.</summary>
internal sealed class SavedRun(TrainSettings settings, Terminal terminal, CancellationToken cancellation)
{
    private readonly IProgressDisplay progress = ProgressDisplay.Of(terminal);

    /// <summary>Does the run; the output folder is there afterwards, or an exception says why not.</summary>
    public void Execute()
    {
        // Everything that can be wrong with files is found before the device is opened, but for single values of the weights.
        using ModelCheckpoint checkpoint = ClassifierFolder.Open(settings.Model, settings.Task.Outputs, settings.ResetHead);
        TrainSettings filled = settings.For(checkpoint.Sizes);
        TaskData data = TaskData.Load(filled, checkpoint);
        using OutputFolder output = OutputFolder.Begin(settings.Output, settings.Overwrite, settings.Inputs);
        IReadOnlyList<(string Name, object? Value)> effective = EffectiveSettings.Of(filled, data.MaxLength);
        Preamble.TellSettings(terminal, effective);
        Preamble.TellCheckpoint(terminal, checkpoint);
        Preamble.TellData(terminal, data);
        using RunCheckpoints? checkpoints = RunCheckpoints.AreAsked(filled)
            ? RunCheckpoints.Begin(filled, RunIdentities.Of(effective, checkpoint, data), terminal.Output.WriteLine)
            : null;

        using VulkanDevice device = CommandDevice.Open(settings.Device, settings.Validation);
        Preamble.TellDevice(terminal, device.Info);
        Preamble.TellResumption(terminal, checkpoints?.Resumed, device.Info);
        using var kernels = new VulkanKernels(device);
        TrainOutcome outcome = FailureAdvice.Give(checkpoints, () => new TrainRun(filled, progress, cancellation).Execute(
            checkpoint, data, kernels, output.Aside, model => TrainedResult.Write(output.Aside, model, checkpoint, filled), checkpoints));
        MetricsFile.Write(output.Aside, TrainArguments.Name(filled.Task), filled.Training, effective, outcome);
        CommandDevice.RequireNoValidationMessages(device);
        cancellation.ThrowIfCancellationRequested();
        output.Publish();
        checkpoints?.Finish();
        Summary.Print(terminal, outcome);
        terminal.Output.WriteLine($"The result is in {Path.GetFullPath(settings.Output)}");
    }
}
