using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.ModelLoaders.HuggingFace;

namespace VkSparseGrad.Cli.Train;

/// <summary>A run whose trained classifier goes into a folder: checks, the run itself, the result.</summary>
internal static class SavedTrainRun
{
    /// <summary>Does the run; the output folder is there afterwards, or an exception says why not.</summary>
    public static void Execute(TrainSettings asked, Terminal terminal, CancellationToken cancellation)
    {
        // Everything that can be wrong with files is found before the device is opened, but for single values of the weights.
        using ModelCheckpoint checkpoint = ModelFolder.Open(asked.Model, asked.Task.Outputs, asked.ResetHead);
        TrainSettings settings = asked.For(checkpoint.Sizes);
        TaskData data = TaskData.Load(settings, checkpoint);
        IReadOnlyList<(string Name, object? Value)> effective = EffectiveSettings.Of(settings, data.MaxLength);
        new SavedRun(settings, terminal, cancellation)
        {
            TaskName = TrainArguments.Name(settings.Task),
            Effective = effective,
            Tell = () =>
            {
                Preamble.TellCheckpoint(terminal, checkpoint);
                Preamble.TellData(terminal, data);
            },
            Identity = () => RunIdentities.Of(effective, checkpoint, data),
            Run = (kernels, folder, checkpoints) => new TrainRun(settings, ProgressDisplay.Of(terminal), cancellation).Execute(
                checkpoint, data, kernels, folder, model => TrainedResult.Write(
                    folder, model, checkpoint, settings, TrainArguments.Name(settings.Task),
                    settings.Task.IsRegression ? null : settings.Task.LabelWords, settings.AddPrefix),
                checkpoints),
        }.Execute();
    }
}
