using System.Diagnostics;
using VkSparseGrad.Cli.Evaluate;
using VkSparseGrad.Cli.Train.Progress;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>Fine-tunes a model on a device: evaluation, training, evaluation. Where the result goes is the caller's.</summary>
internal sealed class TrainRun(TrainSettings settings, IProgressDisplay progress, CancellationToken cancellation)
{
    /// <summary>Does the run.</summary>
    /// <param name="checkpoint">The model it starts from.</param>
    /// <param name="data">The task's rows.</param>
    /// <param name="kernels">The device.</param>
    /// <param name="folder">Gets the log of the steps.</param>
    /// <param name="finished">Gets the trained model at the end, where that is wanted.</param>
    public TrainOutcome Execute(
        BertCheckpoint checkpoint, TaskData data, VulkanKernels kernels, string folder, Action<BertClassifier>? finished = null)
    {
        using var model = new BertClassifier(kernels, checkpoint.Config, checkpoint, settings.Training.Seed);
        var scorer = new Scorer(settings.Task, settings.Training.BatchSize, progress, cancellation);
        IReadOnlyList<(string Metric, double? Score)> before = scorer.Score("evaluation before", model, data.Dev);
        kernels.ResetPeakMemory();
        using var trainer = new Trainer(model, data.Train.Examples, settings.Training);
        TrainOutcome outcome = Train(trainer, kernels, folder);
        IReadOnlyList<(string Metric, double? Score)> after = scorer.Score("evaluation after", model, data.Dev);
        finished?.Invoke(model);
        return outcome with
        {
            Scores = [.. before.Zip(after, (first, then) => (first.Metric, first.Score, then.Score))],
        };
    }

    private TrainOutcome Train(Trainer trainer, VulkanKernels kernels, string folder)
    {
        TimeSpan? preliminaryTime = null;
        TimeSpan? basisTime = null;
        if (settings.Training.Method == TrainingMethod.SparseGrad)
        {
            preliminaryTime = RunSteps("preliminary phase", settings.Training.PreliminarySteps, trainer, null).Time;
            long start = Stopwatch.GetTimestamp();
            progress.Show("basis", 0, _ => trainer.ComputeBases(cancellation));
            basisTime = Stopwatch.GetElapsedTime(start);
        }

        using var log = new StepLog(folder);
        Speedometer speed = RunSteps("training", trainer.TotalSteps, trainer, log);
        return new TrainOutcome
        {
            Scores = [],
            Steps = trainer.CompletedSteps,
            StepsPerSecond = speed.StepsPerSecond,
            TokensPerSecond = speed.TokensPerSecond,
            TrainedParameters = trainer.TrainedValues,
            TrainedMlpParameters = trainer.TrainedMlpValues,
            FinalTrainingLoss = speed.FinalLoss,
            PeakMemory = kernels.PeakMemory,
            TrainingTime = speed.Time,
            PreliminaryTime = preliminaryTime,
            BasisTime = basisTime,
            Device = kernels.Device.Info,
        };
    }

    private Speedometer RunSteps(string phase, int steps, Trainer trainer, StepLog? log)
    {
        var speed = new Speedometer();
        progress.Show(phase, steps, bar =>
        {
            for (int done = 1; done <= steps; done++)
            {
                cancellation.ThrowIfCancellationRequested();
                StepResult step = speed.Measure(trainer.Step);
                log?.Add(step);
                bar.Report(done, FormattableString.Invariant($"loss {speed.RecentLoss:F4}, {Text.Count(speed.TokensPerSecond)} tokens/s"));
            }
        });
        return speed;
    }
}
