using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.ModelLoaders.Datasets.Language;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Cli.TrainLanguage;

/// <summary>A run whose trained language model goes into a folder: checks, the run itself, the result.</summary>
internal static class SavedLanguageRun
{
    /// <summary>What <c>metrics.json</c> and the adapter call the task.</summary>
    public const string TaskName = "language-model";

    /// <summary>Does the run; the output folder is there afterwards, or an exception says why not.</summary>
    public static void Execute(LanguageSettings asked, Terminal terminal, CancellationToken cancellation)
    {
        // Everything that can be wrong with files is found before the device is opened, but for single values of the weights.
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(asked.Model);
        LanguageSettings settings = asked.For(checkpoint.Config);
        settings.Layers(checkpoint.Config).Check(checkpoint.Config);
        LanguageDataset data = LanguageData.Load(settings, checkpoint.Config);
        if (settings.Evaluations.IsAny && data.Validation.Blocks.Count == 0)
            throw new ArgumentException("There is nothing to evaluate on the way: the data have no validation part. Leave out --eval-steps, --eval-epochs and --early-stopping, or give one.");
        IReadOnlyList<(string Name, object? Value)> effective = LanguageEffectiveSettings.Of(settings);
        new SavedRun(settings, terminal, cancellation)
        {
            TaskName = TaskName,
            Effective = effective,
            Tell = () =>
            {
                foreach (string line in data.Report)
                    terminal.Output.WriteLine("Data: " + line);
                if (checkpoint.WeightTypes.FirstOrDefault(type => type is SafetensorsType.F16 or SafetensorsType.BF16) is var narrow and not 0)
                    terminal.Output.WriteLine($"Model: {narrow}, to which the merged model will be rounded; the adapter is exact");
            },
            Identity = () => RunIdentities.Of(effective, checkpoint, data),
            Run = (kernels, folder, checkpoints) => new LanguageRun(settings, ProgressDisplay.Of(terminal), cancellation).Execute(
                checkpoint, data, kernels, folder,
                model => TrainedResult.Write(folder, model, checkpoint, settings, TaskName), checkpoints),
        }.Execute();
    }
}
