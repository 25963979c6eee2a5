using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Datasets.Language;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.TrainLanguage;

/// <summary>Fine-tunes a language model on a device. Where the result goes is the caller's.</summary>
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
        return new EvaluatedRun(settings, (phase, display) => Score(phase, model, data, display), progress, cancellation).Execute(
            () => new Trainer(model, data.Training.Blocks, settings.Training), kernels, folder, () => finished(model), checkpoints);
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
