using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;

namespace VkSparseGrad.Cli.Adapters;

/// <summary><c>vksparsegrad export</c>: the adapter alone out of a run's output.</summary>
internal static class ExportCommand
{
    private const string Description = """
        Takes the adapter alone out of the output of 'train', checked against the model it was trained from. A run with
        '--method full' has none, since it would be the model itself.

        Example:
          vksparsegrad export --model ./all-MiniLM-L6-v2 --merged ./sst2-lora --output ./sst2-lora-adapter
        """;

    public static Command Create(Terminal terminal)
    {
        Option<string> model = Options.Text("--model", "Folder of the model that the run started from.", "folder", required: true);
        Option<string> merged = Options.Text("--merged", "Output folder of the run.", "folder", required: true);
        Option<string> output = Options.Text("--output", "Folder for the adapter. Must not exist yet, or be empty.", "folder", required: true);
        var command = new Command("export", Description) { model, merged, output };
        command.SetAction(result =>
        {
            string baseFolder = result.GetRequiredValue(model);
            string run = result.GetRequiredValue(merged);
            string adapter = Path.Combine(run, TrainedResult.AdapterFolder);
            if (Directory.Exists(run) && !Directory.Exists(adapter))
                throw new IOException($"--merged {run} has no folder {TrainedResult.AdapterFolder}: after full fine-tuning there is no adapter, since it would be the model itself; otherwise name the output folder of a finished run.");
            AdapterDescription description = AdapterDescription.Read(adapter);
            using OutputFolder folder = OutputFolder.Begin(result.GetRequiredValue(output), overwrite: false, baseFolder, run);
            using (BertCheckpoint checkpoint = BertCheckpoint.OpenForAdapter(baseFolder, description.Labels))
            {
                // Checking computes nothing, so any kernels will do.
                using var kernels = new ReferenceKernels();
                using AdaptedWeights weights = AdaptedWeights.Open(kernels, checkpoint, adapter);
                AdapterNotice.Tell(terminal, weights);
            }

            foreach (string file in (ReadOnlySpan<string>)[Adapter.WeightsFileName, Adapter.ConfigFileName])
                File.Copy(Path.Combine(adapter, file), Path.Combine(folder.Aside, file));
            folder.Publish();
            terminal.Output.WriteLine($"The adapter is in {Path.GetFullPath(result.GetRequiredValue(output))}");
            return ExitCode.Success;
        });
        return command;
    }
}
