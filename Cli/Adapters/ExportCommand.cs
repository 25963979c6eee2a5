using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Cli.TrainLanguage;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Adapters;

/// <summary><c>vksparsegrad export</c>: the adapter alone out of a run's output or checkpoint.</summary>
internal static class ExportCommand
{
    private const string Description = """
        Takes the adapter alone out of the output of 'train' or 'train-lm', or out of one of their checkpoints, checked against the
        model it was trained from. A run with '--method full' has none, since it would be the model itself.

        Examples:
          vksparsegrad export --model ./all-MiniLM-L6-v2 --merged ./sst2-lora --output ./sst2-lora-adapter
          vksparsegrad export --model ./all-MiniLM-L6-v2 --checkpoint ./sst2-lora.checkpoints/checkpoint-300 --output ./sst2-lora-300
        """;

    public static Command Create(Terminal terminal)
    {
        Option<string> model = Options.Text("--model", "Folder of the model that the run started from.", "folder", required: true);
        Option<string> merged = Options.Text("--merged", "Output folder of a finished run.", "folder", required: false);
        Option<string> checkpoint = Options.Text("--checkpoint", "Folder of a checkpoint, in place of --merged.", "folder", required: false);
        Option<string> output = Options.Text("--output", "Folder for the adapter. Must not exist yet, or be empty.", "folder", required: true);
        Option<string> device = SharedOptions.Device();
        var command = new Command("export", Description) { model, merged, checkpoint, output, device };
        command.SetAction(result =>
        {
            string baseFolder = result.GetRequiredValue(model), target = result.GetRequiredValue(output);
            switch (result.GetValue(merged), result.GetValue(checkpoint))
            {
                case (string run, null):
                    FromOutput(terminal, baseFolder, run, target);
                    break;
                case (null, string saved):
                    FromCheckpoint(baseFolder, saved, target, result.GetValue(device));
                    break;
                default:
                    throw new ArgumentException("Give either --merged or --checkpoint.");
            }

            terminal.Output.WriteLine($"The adapter is in {Path.GetFullPath(target)}");
            return ExitCode.Success;
        });
        return command;
    }

    private static void FromOutput(Terminal terminal, string baseFolder, string run, string output)
    {
        string adapter = Path.Combine(run, TrainedResult.AdapterFolder);
        if (Directory.Exists(run) && !Directory.Exists(adapter))
            throw new IOException($"--merged {run} has no folder {TrainedResult.AdapterFolder}: after full fine-tuning there is no adapter, since it would be the model itself; otherwise name the output folder of a finished run.");
        AdapterDescription description = AdapterDescription.Read(adapter);
        using OutputFolder folder = OutputFolder.Begin(output, overwrite: false, baseFolder, run);
        using (ModelCheckpoint checkpoint = ModelFolder.OpenForAdapter(baseFolder, description.Labels))
        {
            // Checking computes nothing, so any kernels will do.
            using var kernels = new ReferenceKernels();
            using AdaptedWeights weights = AdaptedWeights.Open(kernels, checkpoint, adapter);
            AdapterNotice.Tell(terminal, weights);
        }

        foreach (string file in (ReadOnlySpan<string>)[Adapter.WeightsFileName, Adapter.ConfigFileName])
            File.Copy(Path.Combine(adapter, file), Path.Combine(folder.Aside, file));
        folder.Publish();
    }

    private static void FromCheckpoint(string baseFolder, string saved, string output, string? device)
    {
        using Checkpoint state = Checkpoint.Open(saved);
        TrainingOptions options = RecordedSettings.Options(state);
        bool isLanguageModel = RecordedSettings.IsLanguageModel(state);
        string taskName = isLanguageModel ? SavedLanguageRun.TaskName : RecordedSettings.Text(state, "task");
        GlueTask? task = null;
        if (!isLanguageModel && !GlueTasks.TryFind(taskName, out task))
            throw new CheckpointException($"{saved}: its task '{taskName}' is not known here");
        if (options.Method == TrainingMethod.Full)
            throw new ArgumentException($"{saved} is of full fine-tuning, of which there is no adapter, since it would be the model itself.");
        if (!state.Record.Position.IsTraining)
            throw new ArgumentException($"{saved} is of the preliminary phase, in which nothing is trained yet; name a later checkpoint.");
        using ModelCheckpoint checkpoint = ModelFolder.OpenForAdapter(baseFolder, task?.Outputs ?? 0);
        if (FileFingerprint.Of(checkpoint.WeightPaths) != state.Record.Run.Model)
            throw new ModelFolderException($"{baseFolder}: this is not the model that the run of {saved} started from; name that one");
        using OutputFolder folder = OutputFolder.Begin(output, overwrite: false, baseFolder, saved);
        using VulkanDevice opened = CommandDevice.Open(device);
        using var kernels = new VulkanKernels(opened);
        using TrainableModel model = checkpoint is LlamaCheckpoint { Labels: null } language
            ? new LlamaLanguageModel(kernels, language.Config, language, RecordedSettings.Layers(state, language.Config))
            : ModelFolder.CreateClassifier(kernels, checkpoint, checkpoint);
        SavedModel.Restore(model, options, state);
        Adapter.Save(folder.Aside, model, checkpoint, baseFolder, taskName, options);
        folder.Publish();
    }
}
