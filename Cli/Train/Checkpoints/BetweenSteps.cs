using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Kernels.Vulkan.Tuning;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>What a run does between two steps: it evaluates, then writes a checkpoint, which so knows that evaluation, then
/// measures how a GPU divides fastest what was new to it.</summary>
/// <param name="settings">What the run was asked for.</param>
/// <param name="trainer">The run.</param>
/// <param name="score">Evaluates the model, its first metric first.</param>
/// <param name="kernels">The device.</param>
/// <param name="evaluations">The evaluations so far.</param>
/// <param name="checkpoints">Null for none.</param>
internal sealed class BetweenSteps(
    RunSettings settings, Trainer trainer, Func<IReadOnlyList<(string Metric, double? Score)>> score, VulkanKernels kernels,
    EvaluationHistory evaluations, RunCheckpoints? checkpoints)
{
    public RunTimes Times { get; } = new(checkpoints?.Resumed);

    /// <summary>The log of the steps before the checkpoint that the run goes on from, if there is one.</summary>
    public string? EarlierLog => checkpoints?.Resumed?.Steps;

    /// <summary>Whether there are to be no more steps.</summary>
    public bool StopsRun => evaluations.StopsRun;

    /// <summary>Follows a step of either phase.</summary>
    /// <param name="step">What it did.</param>
    /// <param name="log">The log of the steps so far; null where there is none.</param>
    /// <param name="tell">Told what takes long.</param>
    /// <param name="cancellation">Stops it.</param>
    public void After(StepResult step, string? log, Action<string> tell, CancellationToken cancellation)
    {
        if (step.Phase == TrainingPhase.Training &&
            evaluations.IsDue(step.Step, step.TotalSteps / settings.Training.Epochs, step.TotalSteps))
        {
            evaluations.Add(new EvaluationRecord(step.Step, score()));
        }

        checkpoints?.AfterStep(trainer, kernels, Times, evaluations, log);

        // Behind what is not to be lost if it is stopped.
        MatmulTuning.MeasureUsed(
            kernels, products => tell($"measuring how products are divided fastest on this device: {products} new ones"), cancellation);
    }
}
