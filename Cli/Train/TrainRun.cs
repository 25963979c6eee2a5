using VkSparseGrad.Cli.Evaluate;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>Fine-tunes a model on a device: evaluation, training with evaluations and checkpoints on the way, evaluation. Where the result goes is the caller's.</summary>
internal sealed class TrainRun(TrainSettings settings, IProgressDisplay progress, CancellationToken cancellation)
{
    /// <summary>Does the run.</summary>
    /// <param name="checkpoint">The model it starts from.</param>
    /// <param name="data">The task's rows.</param>
    /// <param name="kernels">The device.</param>
    /// <param name="folder">Gets the log of the steps.</param>
    /// <param name="finished">Gets the trained model at the end, where that is wanted.</param>
    /// <param name="checkpoints">The one to go on from and those to write; null for none.</param>
    public TrainOutcome Execute(
        ModelCheckpoint checkpoint, TaskData data, VulkanKernels kernels, string folder, Action<Classifier>? finished = null,
        RunCheckpoints? checkpoints = null)
    {
        using Classifier model = ClassifierFolder.Create(kernels, checkpoint, checkpoint, settings.Training.Seed);
        var scorer = new Scorer(settings.Task, settings.Training.BatchSize, progress, cancellation);
        var evaluations = new EvaluationHistory(settings.Evaluations, checkpoints?.Resumed?.Record.Evaluations ?? []);
        if (evaluations.At(0) is null)
            evaluations.Add(new EvaluationRecord(0, scorer.Score("evaluation before", model, data.Dev)));
        kernels.ResetPeakMemory();
        using var trainer = new Trainer(model, data.Train.Examples, settings.Training);
        checkpoints?.Restore(trainer);
        // The bar of the training is on display.
        var quiet = new Scorer(settings.Task, settings.Training.BatchSize, new SilentProgress(), cancellation);
        var between = new BetweenSteps(
            settings, trainer, () => quiet.Score("evaluation", model, data.Dev), kernels, evaluations, checkpoints);
        TrainOutcome outcome = new StepLoop(settings.Training, progress, cancellation).Run(trainer, kernels, folder, between);
        checkpoints?.RestoreBest(trainer, evaluations);
        IReadOnlyList<(string Metric, double? Score)> before = evaluations.At(0)!.Scores;
        IReadOnlyList<(string Metric, double? Score)> after =
            evaluations.At(trainer.CompletedSteps)?.Scores ?? scorer.Score("evaluation after", model, data.Dev);
        evaluations.Write(folder);
        finished?.Invoke(model);
        return outcome with
        {
            Scores = [.. before.Zip(after, (first, then) => (first.Metric, first.Score, then.Score))],
            Evaluations = evaluations.DuringTraining,
            BestStep = evaluations.BestStep,
            Checkpoints = checkpoints?.Cost,
        };
    }
}
