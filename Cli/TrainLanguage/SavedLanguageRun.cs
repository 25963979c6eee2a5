using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.Datasets.Language;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.TrainLanguage;

/// <summary>A run whose trained language model goes into a folder: checks, the run itself, the result.</summary>
internal sealed class SavedLanguageRun(LanguageSettings settings, Terminal terminal, CancellationToken cancellation)
{
    /// <summary>What <c>metrics.json</c> and the adapter call the task.</summary>
    public const string TaskName = "language-model";

    private readonly IProgressDisplay progress = ProgressDisplay.Of(terminal);

    /// <summary>Does the run; the output folder is there afterwards, or an exception says why not.</summary>
    public void Execute()
    {
        // Everything that can be wrong with files is found before the device is opened, but for single values of the weights.
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(settings.Model);
        LanguageSettings filled = settings.For(checkpoint.Config);
        filled.Layers(checkpoint.Config).Check(checkpoint.Config);
        LanguageDataset data = LanguageData.Load(filled, checkpoint.Config);
        if (filled.Evaluations.IsAny && data.Validation.Blocks.Count == 0)
            throw new ArgumentException("There is nothing to evaluate on the way: the data have no validation part. Leave out --eval-steps, --eval-epochs and --early-stopping, or give one.");
        using OutputFolder output = OutputFolder.Begin(settings.Output, settings.Overwrite, settings.Inputs);
        IReadOnlyList<(string Name, object? Value)> effective = LanguageEffectiveSettings.Of(filled);
        Preamble.TellSettings(terminal, effective);
        foreach (string line in data.Report)
            terminal.Output.WriteLine("Data: " + line);
        using RunCheckpoints? checkpoints = RunCheckpoints.AreAsked(filled)
            ? RunCheckpoints.Begin(filled, RunIdentities.Of(effective, checkpoint, data), terminal.Output.WriteLine)
            : null;

        using VulkanDevice device = CommandDevice.Open(settings.Device, settings.Validation);
        Preamble.TellDevice(terminal, device.Info);
        Preamble.TellResumption(terminal, checkpoints?.Resumed, device.Info);
        using var kernels = new VulkanKernels(device);
        TrainOutcome outcome = FailureAdvice.Give(checkpoints, () => new LanguageRun(filled, progress, cancellation).Execute(
            checkpoint, data, kernels, output.Aside, model => Write(output.Aside, model, checkpoint, filled), checkpoints));
        MetricsFile.Write(output.Aside, TaskName, filled.Training, effective, outcome);
        CommandDevice.RequireNoValidationMessages(device);
        cancellation.ThrowIfCancellationRequested();
        output.Publish();
        checkpoints?.Finish();
        Summary.Print(terminal, outcome);
        if (checkpoint.WeightTypes.FirstOrDefault(type => type is SafetensorsType.F16 or SafetensorsType.BF16) is var narrow and not 0)
            terminal.Output.WriteLine($"The merged model is rounded to {narrow}, as the model came; the adapter is exact.");
        terminal.Output.WriteLine($"The result is in {Path.GetFullPath(settings.Output)}");
    }

    private static void Write(string folder, LlamaLanguageModel model, LlamaCheckpoint checkpoint, LanguageSettings settings)
    {
        HuggingFaceFolder.SaveLlama(checkpoint, folder, TrainedResult.Finite(model));
        if (settings.Training.Method != TrainingMethod.Full)
        {
            Adapter.Save(
                Path.Combine(folder, TrainedResult.AdapterFolder), model, checkpoint, settings.Model, TaskName, settings.Training);
        }
    }
}
