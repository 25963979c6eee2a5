using VkSparseGrad.Models;

namespace VkSparseGrad.Benchmarks.Models;

/// <summary>The dimensions of well-known models, which a benchmark fills with random weights.</summary>
internal static class ModelShape
{
    /// <summary>Names that <see cref="Named"/> knows.</summary>
    public static string[] Names { get; } = ["bert-base", "minilm"];

    /// <summary>A model's dimensions.</summary>
    /// <param name="name"><c>bert-base</c> (Devlin et al., arXiv:1810.04805) or <c>minilm</c>, that of all-MiniLM-L6-v2.</param>
    /// <exception cref="ArgumentException">There is no such shape.</exception>
    public static BertConfig Named(string name) => name switch
    {
        "bert-base" => Bert(layers: 12, hidden: 768),
        "minilm" => Bert(layers: 6, hidden: 384),
        _ => throw new ArgumentException($"There is no shape '{name}'; there are {string.Join(", ", Names)}."),
    };

    /// <summary>BERT in its own proportions: an MLP four times as wide, twelve heads, and the English vocabulary.</summary>
    /// <param name="layers">Blocks.</param>
    /// <param name="hidden">Width, a multiple of 12.</param>
    /// <param name="words">Rows of the word table.</param>
    public static BertConfig Bert(int layers, int hidden, int words = 30522) => new()
    {
        VocabularySize = words,
        HiddenSize = hidden,
        Layers = layers,
        Heads = 12,
        IntermediateSize = 4 * hidden,
        MaxPositions = 512,
        Labels = 2,
    };
}
