using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>The course of a run, whatever it trains: evaluation, training with evaluations and checkpoints on the way, evaluation.</summary>
/// <param name="settings">What was asked for.</param>
/// <param name="score">Evaluates the model as it is, in a phase of this name on this display; its first metric first.</param>
/// <param name="progress">Where the run shows how far it is.</param>
/// <param name="cancellation">Stops it between steps.</param>
internal sealed class EvaluatedRun(
    RunSettings settings, Func<string, IProgressDisplay, IReadOnlyList<(string Metric, double? Score)>> score, IProgressDisplay progress,
    CancellationToken cancellation)
{
    /// <summary>Does the run; the model is the trained one afterwards.</summary>
    /// <param name="start">Makes the trainer, which this disposes of.</param>
    /// <param name="kernels">The device.</param>
    /// <param name="folder">Gets the log of the steps and the evaluations.</param>
    /// <param name="finished">Called at the end, while the model still has what the method added to it.</param>
    /// <param name="checkpoints">The one to go on from and those to write; null for none.</param>
    public TrainOutcome Execute(
        Func<Trainer> start, VulkanKernels kernels, string folder, Action? finished = null, RunCheckpoints? checkpoints = null)
    {
        var evaluations = new EvaluationHistory(settings.Evaluations, checkpoints?.Resumed?.Record.Evaluations ?? []);
        if (evaluations.At(0) is null)
            evaluations.Add(new EvaluationRecord(0, score("evaluation before", progress)));
        kernels.ResetPeakMemory();
        using Trainer trainer = start();
        checkpoints?.Restore(trainer);

        // The bar of the training is on display.
        var between = new BetweenSteps(settings, trainer, () => score("evaluation", new SilentProgress()), kernels, evaluations, checkpoints);
        TrainOutcome outcome = new StepLoop(settings.Training, progress, cancellation).Run(trainer, kernels, folder, between);
        checkpoints?.RestoreBest(trainer, evaluations);
        IReadOnlyList<(string Metric, double? Score)> before = evaluations.At(0)!.Scores;
        IReadOnlyList<(string Metric, double? Score)> after =
            evaluations.At(trainer.CompletedSteps)?.Scores ?? score("evaluation after", progress);
        evaluations.Write(folder);
        kernels.Trim();
        finished?.Invoke();
        return outcome with
        {
            Scores = [.. before.Zip(after, (first, then) => (first.Metric, first.Score, then.Score))],
            Evaluations = evaluations.DuringTraining,
            BestStep = evaluations.BestStep,
            Checkpoints = checkpoints?.Cost,
        };
    }
}
