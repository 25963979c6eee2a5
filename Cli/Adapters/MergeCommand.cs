using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;

namespace VkSparseGrad.Cli.Adapters;

/// <summary><c>vksparsegrad merge</c>: base model and adapter become a model of their own.</summary>
internal static class MergeCommand
{
    private const string Description = """
        Puts an adapter into the model it was trained from and writes the result as a model folder of its own, with the base's
        names and element types. Takes the adapters that 'train' writes, and LoRA adapters of PEFT's.

        Example:
          vksparsegrad merge --model ./all-MiniLM-L6-v2 --adapter ./sst2-sparsegrad/adapter --output ./sst2-merged
        """;

    public static Command Create(Terminal terminal, CancellationToken cancellation)
    {
        Option<string> model = Options.Text("--model", "Folder of the model that the adapter was trained from.", "folder", required: true);
        Option<string> adapter = Options.Text("--adapter", "Folder of the adapter: adapter_config.json, adapter_model.safetensors.", "folder", required: true);
        Option<string> output = Options.Text("--output", "Folder for the merged model. Must not exist yet, or be empty.", "folder", required: true);
        Option<bool> overwrite = Options.Switch("--overwrite", "Replace the output folder as a whole if it holds an earlier result.");
        Option<string> device = SharedOptions.Device();
        Option<bool> addPrefix = Options.Switch("--add-prefix", "Write 'bert.' or 'roberta.' before names that came without it, as transformers' classifiers want it.");
        var command = new Command("merge", Description) { model, adapter, output, overwrite, device, addPrefix };
        command.SetAction(result =>
        {
            string baseFolder = result.GetRequiredValue(model);
            string adapterFolder = result.GetRequiredValue(adapter);
            AdapterDescription description = AdapterDescription.Read(adapterFolder);
            using ModelCheckpoint checkpoint = ModelFolder.OpenForAdapter(baseFolder, description.Labels);
            using OutputFolder folder = OutputFolder.Begin(
                result.GetRequiredValue(output), result.GetValue(overwrite), baseFolder, adapterFolder);
            using VulkanDevice opened = CommandDevice.Open(result.GetValue(device));
            Preamble.TellDevice(terminal, opened.Info);
            using var kernels = new VulkanKernels(opened);
            using AdaptedWeights weights = AdaptedWeights.Open(kernels, checkpoint, adapterFolder);
            AdapterNotice.Tell(terminal, weights);
            TrainedWeightReader read = (name, values) =>
            {
                cancellation.ThrowIfCancellationRequested();
                weights.Read(name, values);
            };
            ModelFolder.Save(checkpoint, folder.Aside, read, LabelNames(description), result.GetValue(addPrefix));
            MergeFile.Write(folder.Aside, baseFolder, adapterFolder, description);
            folder.Publish();
            terminal.Output.WriteLine($"The merged model is in {Path.GetFullPath(result.GetRequiredValue(output))}");
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>The label words of the adapter's task, where it is one of ours.</summary>
    private static IReadOnlyList<string>? LabelNames(AdapterDescription description) =>
        GlueTasks.TryFind(description.Task ?? "", out GlueTask? task) && task.LabelWords.Count == description.Labels ? task.LabelWords : null;
}
