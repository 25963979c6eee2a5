using VkSparseGrad.Models;

namespace VkSparseGrad.Benchmarks.Models;

/// <summary>Random weights of any BERT, for runs whose result does not matter.</summary>
/// <param name="config">The dimensions.</param>
internal sealed class RandomWeights(BertConfig config) : IWeightSource
{
    /// <summary>Numbers that every weight begins with, over and over, since drawing a hundred million takes long.</summary>
    private static readonly Lazy<float[]> Numbers = new(() =>
    {
        float[] numbers = new float[1_000_003]; // no multiple of a row's length, so that no two rows of a weight are alike
        WeightInitializer.FillNormal("numbers", seed: 1, numbers);
        return numbers;
    });

    /// <inheritdoc/>
    public bool Contains(string name) => true;

    /// <inheritdoc/>
    public IReadOnlyList<long> ShapeOf(string name)
    {
        long hidden = config.HiddenSize, inner = config.IntermediateSize;
        bool isMatrix = name.EndsWith(".weight", StringComparison.Ordinal);
        return name switch
        {
            _ when name.Contains("word_embeddings", StringComparison.Ordinal) => [config.VocabularySize, hidden],
            _ when name.Contains("position_embeddings", StringComparison.Ordinal) => [config.MaxPositions, hidden],
            _ when name.Contains("token_type_embeddings", StringComparison.Ordinal) => [config.TokenTypes, hidden],
            _ when name.Contains("LayerNorm", StringComparison.Ordinal) => [hidden],
            _ when name.StartsWith(BertNames.Of(config.Family).Classifier + ".", StringComparison.Ordinal) => isMatrix ? [config.Labels, hidden] : [config.Labels],
            _ when name.Contains("intermediate", StringComparison.Ordinal) => isMatrix ? [inner, hidden] : [inner],
            _ when name.Contains("output.dense", StringComparison.Ordinal) && !name.Contains("attention", StringComparison.Ordinal) =>
                isMatrix ? [hidden, inner] : [hidden],
            _ => isMatrix ? [hidden, hidden] : [hidden],
        };
    }

    /// <inheritdoc/>
    public void Read(string name, Span<float> destination)
    {
        if (name.EndsWith("LayerNorm.weight", StringComparison.Ordinal))
        {
            destination.Fill(1);
            return;
        }

        for (int first = 0; first < destination.Length; first += Numbers.Value.Length)
            Numbers.Value.AsSpan(0, Math.Min(Numbers.Value.Length, destination.Length - first)).CopyTo(destination[first..]);
    }
}
