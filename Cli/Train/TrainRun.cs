using System.Diagnostics;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Evaluate;
using VkSparseGrad.Cli.Train.Progress;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>A whole run: checks, evaluation, training, evaluation, result.</summary>
internal sealed class TrainRun(TrainSettings settings, Terminal terminal, CancellationToken cancellation)
{
    private readonly IProgressDisplay progress =
        terminal.IsInteractive ? new LiveProgress(terminal.Console) : new PlainProgress(terminal.Output);

    /// <summary>Does the run; the output folder is there afterwards, or an exception says why not.</summary>
    public void Execute()
    {
        // Everything that can be wrong with files is found before the device is opened, but for single values of the weights.
        using BertCheckpoint checkpoint = BertCheckpoint.Open(settings.Model, settings.Task.Outputs, settings.ResetHead);
        settings = settings.For(checkpoint.Config);
        TaskData data = TaskData.Load(settings, checkpoint.Config);
        using OutputFolder output = OutputFolder.Begin(settings.Output, settings.Overwrite, settings.Inputs);
        IReadOnlyList<(string Name, object? Value)> effective = EffectiveSettings.Of(settings, data.MaxLength);
        Preamble.TellSettings(terminal, effective);
        Preamble.TellCheckpoint(terminal, checkpoint);
        Preamble.TellData(terminal, data);

        using VulkanDevice device = VulkanDevice.Open(new DeviceOptions
        {
            Selector = settings.Device,
            Validation = settings.Validation,
            PipelineCacheFolder = UserCache.Folder("pipelines"),
        });
        Preamble.TellDevice(terminal, device.Info);
        using var kernels = new VulkanKernels(device);
        using (var model = new BertClassifier(kernels, checkpoint.Config, checkpoint, settings.Training.Seed))
        {
            var scorer = new Scorer(settings.Task, settings.Training.BatchSize, progress, cancellation);
            IReadOnlyList<(string Metric, double? Score)> before = scorer.Score("evaluation before", model, data.Dev);
            kernels.ResetPeakMemory();
            using var trainer = new Trainer(model, data.Train.Examples, settings.Training);
            TrainOutcome outcome = Train(trainer, kernels, output.Aside);
            IReadOnlyList<(string Metric, double? Score)> after = scorer.Score("evaluation after", model, data.Dev);
            outcome = outcome with
            {
                Scores = [.. before.Zip(after, (first, then) => (first.Metric, first.Score, then.Score))],
            };
            TrainedResult.Write(output.Aside, model, checkpoint, settings);
            MetricsFile.Write(output.Aside, settings, effective, outcome);
            RequireNoValidationMessages(device);
            cancellation.ThrowIfCancellationRequested();
            output.Publish();
            Summary.Print(terminal, outcome);
        }

        terminal.Output.WriteLine($"The result is in {Path.GetFullPath(settings.Output)}");
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

    private static void RequireNoValidationMessages(VulkanDevice device)
    {
        if (device.ValidationMessages.Count > 0)
        {
            throw new DeviceException(
                $"Vulkan's validation layer has {device.ValidationMessages.Count} messages, so nothing is written; the first: {device.ValidationMessages[0]}");
        }
    }
}
