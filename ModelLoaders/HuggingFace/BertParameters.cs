using VkSparseGrad.Models;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>The list of a BERT or RoBERTa classifier's parameters.</summary>
public static class BertParameters
{
    /// <summary>Names and shapes of all parameters, from the embeddings to the classifier.</summary>
    public static IEnumerable<BertParameter> Of(BertConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        long hidden = config.HiddenSize;
        BertNames names = BertNames.Of(config.Family);
        yield return new($"{names.Prefix}embeddings.word_embeddings.weight", [config.VocabularySize, hidden]);
        yield return new($"{names.Prefix}embeddings.position_embeddings.weight", [config.MaxPositions, hidden]);
        yield return new($"{names.Prefix}embeddings.token_type_embeddings.weight", [config.TokenTypes, hidden]);
        foreach (BertParameter parameter in LayerNorm($"{names.Prefix}embeddings.LayerNorm", hidden))
            yield return parameter;
        for (int layer = 0; layer < config.Layers; layer++)
        {
            foreach (BertParameter parameter in Block(names.Block(layer), hidden, config.IntermediateSize))
                yield return parameter;
        }

        foreach (BertParameter parameter in Linear(names.HeadDense, hidden, hidden))
            yield return parameter;
        foreach (BertParameter parameter in Linear(names.Classifier, config.Labels, hidden))
            yield return parameter;
    }

    private static IEnumerable<BertParameter> Block(string name, long hidden, long intermediate) =>
    [
        .. Linear($"{name}.attention.self.query", hidden, hidden),
        .. Linear($"{name}.attention.self.key", hidden, hidden),
        .. Linear($"{name}.attention.self.value", hidden, hidden),
        .. Linear($"{name}.attention.output.dense", hidden, hidden),
        .. LayerNorm($"{name}.attention.output.LayerNorm", hidden),
        .. Linear($"{name}.intermediate.dense", intermediate, hidden),
        .. Linear($"{name}.output.dense", hidden, intermediate),
        .. LayerNorm($"{name}.output.LayerNorm", hidden),
    ];

    private static BertParameter[] Linear(string name, long outputs, long inputs) =>
        [new($"{name}.weight", [outputs, inputs]), new($"{name}.bias", [outputs])];

    private static BertParameter[] LayerNorm(string name, long hidden) =>
        [new($"{name}.weight", [hidden]), new($"{name}.bias", [hidden])];
}
