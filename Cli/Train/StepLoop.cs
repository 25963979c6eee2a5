using System.Diagnostics;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>The steps of a run, on display and in a log.</summary>
internal sealed class StepLoop(TrainingOptions training, IProgressDisplay progress, CancellationToken cancellation)
{
    /// <summary>Runs both phases from where the run stands to its end.</summary>
    /// <param name="trainer">The run.</param>
    /// <param name="kernels">The device.</param>
    /// <param name="folder">Gets the log of the steps.</param>
    /// <param name="between">What is done between two steps.</param>
    /// <returns>What was measured; scores and evaluations are the caller's.</returns>
    public TrainOutcome Run(Trainer trainer, VulkanKernels kernels, string folder, BetweenSteps between)
    {
        TrainingPosition position = trainer.Position;
        bool isSparseGrad = training.Method == TrainingMethod.SparseGrad;
        if (!position.IsTraining)
        {
            RunSteps("preliminary phase", position.PreliminaryStep, training.PreliminarySteps, trainer, between.Times.Preliminary, between, null);
            long start = Stopwatch.GetTimestamp();
            progress.Show("basis", 0, _ => trainer.ComputeBases(cancellation));
            between.Times.Basis = Stopwatch.GetElapsedTime(start);
            HostHeap.Shrink();
        }

        using var log = new StepLog(folder, between.EarlierLog);
        Speedometer speed = between.Times.Training;
        RunSteps("training", position.Step, trainer.TotalSteps, trainer, speed, between, log);
        return new TrainOutcome
        {
            Scores = [],
            Steps = trainer.CompletedSteps,
            StoppedEarly = !trainer.IsFinished,
            StepsPerSecond = speed.StepsPerSecond,
            TokensPerSecond = speed.TokensPerSecond,
            TrainedParameters = trainer.TrainedValues,
            TrainedMlpParameters = trainer.TrainedMlpValues,
            KeptEnergy = trainer.KeptEnergy,
            FinalTrainingLoss = speed.FinalLoss,
            PeakMemory = kernels.PeakMemory,
            TrainingTime = speed.Time,
            PreliminaryTime = isSparseGrad ? between.Times.Preliminary.Time : null,
            BasisTime = isSparseGrad ? between.Times.Basis : null,
            Device = kernels.Device.Info,
        };
    }

    private void RunSteps(string phase, int first, int steps, Trainer trainer, Speedometer speed, BetweenSteps between, StepLog? log)
    {
        progress.Show(phase, steps, bar =>
        {
            for (int done = first + 1; done <= steps && !between.StopsRun; done++)
            {
                cancellation.ThrowIfCancellationRequested();
                StepResult step = speed.Measure(trainer.Step);
                log?.Add(step);
                string state = FormattableString.Invariant($"loss {speed.RecentLoss:F4}, {Text.Count(speed.TokensPerSecond)} tokens/s");
                bar.Report(done, state);
                between.After(step, log?.Path, what => bar.Report(done, what), cancellation);

                // What was told is over.
                bar.Report(done, state);
            }
        });
    }
}
