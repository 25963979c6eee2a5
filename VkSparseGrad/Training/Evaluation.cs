using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Training;

/// <summary>Runs a model without training it.</summary>
public static class Evaluation
{
    /// <summary>The logits of each example.</summary>
    /// <param name="model">The model.</param>
    /// <param name="examples">Examples; labels are not read.</param>
    /// <param name="batchSize">Examples at once, at least 1.</param>
    /// <param name="progress">Told how many examples are done after each batch, on this thread.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>One row of <see cref="Classifier.Labels"/> values an example.</returns>
    public static float[][] Logits(
        Classifier model, IReadOnlyList<TokenizedExample> examples, int batchSize = 32, IProgress<int>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        int labels = model.Labels;
        var result = new float[examples.Count][];
        for (int first = 0; first < examples.Count; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            TokenizedExample[] chosen = [.. examples.Skip(first).Take(batchSize)];
            using var scope = DisposeScope.Open();
            using Tape tape = Tape.ForEvaluation(model.Kernels);
            float[] logits = model.Kernels.ToArray(model.Logits(tape, chosen, scope).Value);
            for (int i = 0; i < chosen.Length; i++)
            {
                result[first + i] = logits.AsSpan(i * labels, labels).ToArray();
            }

            progress?.Report(first + chosen.Length);
        }

        return result;
    }

    /// <summary>The prediction for each example: the class with the largest logit, or the value of a regression.</summary>
    /// <param name="model">The model.</param>
    /// <param name="examples">Examples; labels are not read.</param>
    /// <param name="batchSize">Examples at once, at least 1.</param>
    /// <param name="progress">Told how many examples are done after each batch, on this thread.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="TrainingException">A logit is not finite, so that it predicts nothing.</exception>
    public static float[] Predictions(
        Classifier model, IReadOnlyList<TokenizedExample> examples, int batchSize = 32, IProgress<int>? progress = null,
        CancellationToken cancellation = default)
    {
        float[][] logits = Logits(model, examples, batchSize, progress, cancellation);
        for (int i = 0; i < logits.Length; i++)
        {
            if (!Array.TrueForAll(logits[i], float.IsFinite))
            {
                throw new TrainingException(FormattableString.Invariant(
                    $"Evaluation: a logit of example {i} is {Array.Find(logits[i], value => !float.IsFinite(value))}. Look at the model's weights; after training, try a lower learning rate."));
            }
        }

        return Array.ConvertAll(logits, row => row.Length == 1 ? row[0] : Array.IndexOf(row, row.Max()));
    }
}
