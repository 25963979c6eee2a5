using VkSparseGrad.Cli.Evaluate;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>Fine-tunes a classifier on a device. Where the result goes is the caller's.</summary>
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
        using Classifier model = ModelFolder.CreateClassifier(
            kernels, checkpoint, checkpoint, settings.Training.Seed, AdaptedLayers.Of(settings.Training));
        return new EvaluatedRun(settings, Score, progress, cancellation).Execute(
            () => new Trainer(model, data.Train.Examples, settings.Training), kernels, folder, () => finished?.Invoke(model), checkpoints);

        IReadOnlyList<(string Metric, double? Score)> Score(string phase, IProgressDisplay display) =>
            new Scorer(settings.Task, settings.Training.BatchSize, display, cancellation).Score(phase, model, data.Dev);
    }
}
