using VkSparseGrad.Models;

namespace VkSparseGrad.Benchmarks.Models;

/// <summary>The dimensions of well-known models, which a benchmark fills with random weights.</summary>
internal static class ModelShape
{
    /// <summary>Names that <see cref="Named"/> knows.</summary>
    public static string[] Names { get; } = ["bert-base", "minilm", "roberta-base", "roberta-large"];

    /// <summary>A model's dimensions.</summary>
    /// <param name="name"><c>bert-base</c> (Devlin et al., arXiv:1810.04805), <c>minilm</c>, that of all-MiniLM-L6-v2, or
    /// <c>roberta-base</c> or <c>roberta-large</c> (Liu et al., arXiv:1907.11692).</param>
    /// <exception cref="ArgumentException">There is no such shape.</exception>
    public static BertConfig Named(string name) => name switch
    {
        "bert-base" => Bert(layers: 12, hidden: 768),
        "minilm" => Bert(layers: 6, hidden: 384),
        "roberta-base" => Roberta(layers: 12, hidden: 768, heads: 12),
        "roberta-large" => Roberta(layers: 24, hidden: 1024, heads: 16),
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

    /// <summary>RoBERTa: the same with its own vocabulary and positions.</summary>
    /// <param name="layers">Blocks.</param>
    /// <param name="hidden">Width, a multiple of the heads.</param>
    /// <param name="heads">Attention heads.</param>
    /// <param name="words">Rows of the word table.</param>
    public static BertConfig Roberta(int layers, int hidden, int heads, int words = 50265) => Bert(layers, hidden, words) with
    {
        Family = BertFamily.Roberta, Heads = heads, MaxPositions = 514, FirstPosition = 2, TokenTypes = 1,
    };
}
