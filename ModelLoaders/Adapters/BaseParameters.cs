using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>The parameters of a base whose dimensions only its weights tell.</summary>
internal static class BaseParameters
{
    /// <summary>What the base is, by its names.</summary>
    public static BertFamily FamilyOf(IWeightSource weights) =>
        weights.Contains($"{BertNames.Of(BertFamily.Roberta).Block(0)}.output.dense.weight") ? BertFamily.Roberta : BertFamily.Bert;

    /// <summary>All parameters of a model with as many blocks as the base has, in canonical order; a base may lack head and pooler.</summary>
    public static IReadOnlyList<BertParameter> Of(IWeightSource weights)
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
