using VkSparseGrad.Cli.Evaluate;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Tasks;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>What a run does between two steps: it evaluates, then writes a checkpoint, which so knows that evaluation.</summary>
internal sealed class BetweenSteps(
    TrainSettings settings, Trainer trainer, BertClassifier model, VulkanKernels kernels, IReadOnlyList<TokenizedSplit> dev,
    EvaluationHistory evaluations, RunCheckpoints? checkpoints, CancellationToken cancellation)
{
    // The bar of the training is on display.
    private readonly Scorer scorer = new(settings.Task, settings.Training.BatchSize, new SilentProgress(), cancellation);

    public RunTimes Times { get; } = new(checkpoints?.Resumed);

    /// <summary>The log of the steps before the checkpoint that the run goes on from, if there is one.</summary>
    public string? EarlierLog => checkpoints?.Resumed?.Steps;

    /// <summary>Whether there are to be no more steps.</summary>
    public bool StopsRun => evaluations.StopsRun;

    /// <summary>Follows a step of either phase.</summary>
    /// <param name="step">What it did.</param>
    /// <param name="log">The log of the steps so far; null where there is none.</param>
    public void After(StepResult step, string? log)
    {
        if (step.Phase == TrainingPhase.Training &&
            evaluations.IsDue(step.Step, step.TotalSteps / settings.Training.Epochs, step.TotalSteps))
        {
            evaluations.Add(new EvaluationRecord(step.Step, scorer.Score("evaluation", model, dev)));
        }

        checkpoints?.AfterStep(trainer, kernels, Times, evaluations, log);
    }
}
