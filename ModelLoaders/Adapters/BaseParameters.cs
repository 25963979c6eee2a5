using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>The parameters of a base whose dimensions only its weights tell.</summary>
internal static class BaseParameters
{
    /// <summary>What the base is, by its names.</summary>
    public static BertFamily FamilyOf(IWeightSource weights) =>
        weights.Contains($"{BertNames.Of(BertFamily.Roberta).Block(0)}.output.dense.weight") ? BertFamily.Roberta : BertFamily.Bert;

    /// <summary>All parameters, in canonical order; a base may lack head and pooler.</summary>
    public static IReadOnlyList<ModelParameter> Of(IWeightSource weights) => weights is LlamaCheckpoint llama ? llama.Parameters : OfBert(weights);

    /// <summary>The parameter whose length is the width of the hidden states.</summary>
    public static string WidthOf(IWeightSource weights) =>
        weights is LlamaCheckpoint ? LlamaNames.FinalNorm : $"{BertNames.Of(FamilyOf(weights)).Prefix}embeddings.LayerNorm.weight";

    /// <summary>Parameters that the base lacks although the trained model has them, with their shapes.</summary>
    /// <param name="weights">The base.</param>
    /// <param name="labels">Outputs of the classifier; 0 for a language model.</param>
    /// <returns>Null where the base lacks <see cref="WidthOf"/>.</returns>
    public static Dictionary<string, long[]>? MissingHead(IWeightSource weights, int labels)
    {
        if (!weights.Contains(WidthOf(weights)) || weights.ShapeOf(WidthOf(weights)) is not [long hidden])
            return null;
        BertNames names = BertNames.Of(FamilyOf(weights));
        Dictionary<string, long[]> head = weights is LlamaCheckpoint
            ? labels == 0 ? [] : new() { [LlamaNames.Classifier] = [labels, hidden] }
            : new()
            {
                [$"{names.HeadDense}.weight"] = [hidden, hidden],
                [$"{names.HeadDense}.bias"] = [hidden],
                [$"{names.Classifier}.weight"] = [labels, hidden],
                [$"{names.Classifier}.bias"] = [labels],
            };
        foreach (string name in head.Keys.Where(weights.Contains).ToArray())
            head.Remove(name);
        return head;
    }

    /// <summary>Those of a model with as many blocks as the base has.</summary>
    private static ModelParameter[] OfBert(IWeightSource weights)
    {
        BertFamily family = FamilyOf(weights);
        int layers = 0;
        while (weights.Contains($"{BertNames.Of(family).Block(layers)}.output.dense.weight"))
            layers++;

        // Only names are taken from here, so the sizes do not matter.
        var config = new BertConfig
        {
            Family = family, VocabularySize = 1, HiddenSize = 1, Layers = layers, Heads = 1, IntermediateSize = 1, MaxPositions = 1, Labels = 1,
        };
        return [.. BertParameters.Of(config).Select(parameter => weights.Contains(parameter.Name)
            ? new BertParameter(parameter.Name, weights.ShapeOf(parameter.Name))
            : parameter)];
    }
}
