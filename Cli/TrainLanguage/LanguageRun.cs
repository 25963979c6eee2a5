using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.ModelLoaders.Datasets.Language;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.TrainLanguage;

/// <summary>Fine-tunes a language model on a device: validation, training with evaluations and checkpoints on the way, validation.
/// Where the result goes is the caller's.</summary>
internal sealed class LanguageRun(LanguageSettings settings, IProgressDisplay progress, CancellationToken cancellation)
{
    /// <summary>Does the run.</summary>
    /// <param name="checkpoint">The model it starts from.</param>
    /// <param name="data">The blocks.</param>
    /// <param name="kernels">The device.</param>
    /// <param name="folder">Gets the log of the steps.</param>
    /// <param name="finished">Gets the trained model at the end.</param>
    /// <param name="checkpoints">The one to go on from and those to write; null for none.</param>
    public TrainOutcome Execute(
        LlamaCheckpoint checkpoint, LanguageDataset data, VulkanKernels kernels, string folder, Action<LlamaLanguageModel> finished,
        RunCheckpoints? checkpoints)
    {
        using var model = new LlamaLanguageModel(kernels, checkpoint.Config, checkpoint, settings.Layers(checkpoint.Config));
        HostHeap.Shrink();
        var evaluations = new EvaluationHistory(settings.Evaluations, checkpoints?.Resumed?.Record.Evaluations ?? []);
        if (evaluations.At(0) is null)
            evaluations.Add(new EvaluationRecord(0, Score("evaluation before", model, data, progress)));
        kernels.ResetPeakMemory();
        using var trainer = new Trainer(model, data.Training.Blocks, settings.Training);
        checkpoints?.Restore(trainer);

        // The bar of the training is on display.
        var between = new BetweenSteps(
            settings, trainer, () => Score("evaluation", model, data, new SilentProgress()), kernels, evaluations, checkpoints);
        TrainOutcome outcome = new StepLoop(settings.Training, progress, cancellation).Run(trainer, kernels, folder, between);
        checkpoints?.RestoreBest(trainer, evaluations);
        IReadOnlyList<(string Metric, double? Score)> before = evaluations.At(0)!.Scores;
        IReadOnlyList<(string Metric, double? Score)> after =
            evaluations.At(trainer.CompletedSteps)?.Scores ?? Score("evaluation after", model, data, progress);
        evaluations.Write(folder);
        finished(model);
        return outcome with
        {
            Scores = [.. before.Zip(after, (first, then) => (first.Metric, first.Score, then.Score))],
            Evaluations = evaluations.DuringTraining,
            BestStep = evaluations.BestStep,
            Checkpoints = checkpoints?.Cost,
        };
    }

    /// <summary>The validation loss and its exponential; neither is defined without validation blocks.</summary>
    private IReadOnlyList<(string Metric, double? Score)> Score(
        string phase, LlamaLanguageModel model, LanguageDataset data, IProgressDisplay display)
    {
        IReadOnlyList<TextBlock> blocks = data.Validation.Blocks;
        double? loss = null;
        if (blocks.Count > 0)
        {
            display.Show(phase, blocks.Count, bar => loss = LanguageEvaluation.Loss(
                model, blocks, settings.Training.BatchSize, new Relay(done => bar.Report(done)), cancellation));
        }

        return [("validation loss", loss), ("perplexity", loss is double value ? Math.Exp(value) : null)];
    }
}
