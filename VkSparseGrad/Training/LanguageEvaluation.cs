using VkSparseGrad.Autograd;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Tensors;
using VkSparseGrad.Kernels;

namespace VkSparseGrad.Training;

/// <summary>Runs a language model without training it.</summary>
public static class LanguageEvaluation
{
    /// <summary>The mean cross-entropy, in nats, over the tokens that are predicted. Its exponential is the perplexity.</summary>
    /// <param name="model">The model.</param>
    /// <param name="blocks">At least one, each with a predicted token.</param>
    /// <param name="batchSize">Blocks at once, at least 1.</param>
    /// <param name="progress">Told how many blocks are done after each batch, on this thread.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">A block predicts nothing, or does not fit the model.</exception>
    /// <exception cref="TrainingException">The loss is not finite.</exception>
    public static double Loss(
        LlamaLanguageModel model, IReadOnlyList<TextBlock> blocks, int batchSize = 8, IProgress<int>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ArgumentOutOfRangeException.ThrowIfZero(blocks.Count);
        var objective = new LanguageObjective(model, blocks);
        double total = 0;
        long items = 0;
        for (int first = 0; first < blocks.Count; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            int[] chosen = [.. Enumerable.Range(first, Math.Min(batchSize, blocks.Count - first))];
            int count = chosen.Sum(objective.Items);
            using var scope = DisposeScope.Open();
            using Tape tape = Tape.ForEvaluation(model.Kernels);
            total += (double)model.Kernels.ToArray(objective.Loss(tape, chosen, count, scope))[0] * count;
            items += count;
            progress?.Report(first + chosen.Length);
        }

        return double.IsFinite(total)
            ? total / items
            : throw new TrainingException("Evaluation: the loss is not finite. Look at the model's weights; after training, try a lower learning rate.");
    }
}
