using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Models;

namespace VkSparseGrad.Training;

/// <summary>Runs a model without training it.</summary>
public static class Evaluation
{
    /// <summary>The logits of each example.</summary>
    /// <param name="model">The model.</param>
    /// <param name="examples">Examples; labels are not read.</param>
    /// <param name="batchSize">Examples at once, at least 1.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <returns>One row of <see cref="BertConfig.Labels"/> values an example.</returns>
    public static float[][] Logits(
        BertClassifier model, IReadOnlyList<TokenizedExample> examples, int batchSize = 32, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(examples);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        int labels = model.Config.Labels;
        var result = new float[examples.Count][];
        for (int first = 0; first < examples.Count; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            TokenizedExample[] chosen = [.. examples.Skip(first).Take(batchSize)];
            using PackedBatch batch = PackedBatch.Create(model.Kernels, model.Config, chosen);
            using Tape tape = Tape.ForEvaluation(model.Kernels);
            float[] logits = model.Kernels.ToArray(model.Logits(tape, batch).Value);
            for (int i = 0; i < chosen.Length; i++)
            {
                result[first + i] = logits.AsSpan(i * labels, labels).ToArray();
            }
        }

        return result;
    }

    /// <summary>The prediction for each example: the class with the largest logit, or the value of a regression.</summary>
    public static float[] Predictions(
        BertClassifier model, IReadOnlyList<TokenizedExample> examples, int batchSize = 32, CancellationToken cancellation = default) =>
        Array.ConvertAll(
            Logits(model, examples, batchSize, cancellation),
            row => row.Length == 1 ? row[0] : Array.IndexOf(row, row.Max()));
}
