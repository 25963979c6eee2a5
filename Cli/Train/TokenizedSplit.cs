using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.Tokenizers;
using VkSparseGrad.Models;

namespace VkSparseGrad.Cli.Train;

/// <summary>One split as token ids.</summary>
/// <param name="Examples">The rows.</param>
/// <param name="Skipped">Rows that did not fit the task.</param>
/// <param name="Cut">Rows that were longer than the limit.</param>
internal sealed record TokenizedSplit(IReadOnlyList<TokenizedExample> Examples, SkippedRows Skipped, int Cut)
{
    /// <summary>The labels, in order.</summary>
    public float[] Labels => [.. Examples.Select(example => example.Label!.Value)];

    /// <summary>Tokenizes rows of a dataset, all or some.</summary>
    public static TokenizedSplit Of(GlueDataset dataset, IEnumerable<GlueExample> rows, WordPieceTokenizer tokenizer, int maxLength)
    {
        var examples = new List<TokenizedExample>();
        int cut = 0;
        foreach (GlueExample example in rows)
        {
            TokenizedText text = tokenizer.Encode(example.Text, example.Pair, maxLength);
            cut += text.IsTruncated ? 1 : 0;
            examples.Add(new TokenizedExample(text.Ids, text.TokenTypes, example.Label));
        }

        return new TokenizedSplit(examples, dataset.Skipped, cut);
    }

    /// <summary>Such as <c>6,000 rows, 2 cut at 128 tokens</c>.</summary>
    public string Describe(int maxLength)
    {
        string cut = Cut == 0 ? "" : $", {Text.Count(Cut)} cut at {maxLength} tokens";
        string skipped = Skipped.Count == 0 ? "" : $", {Skipped}";
        return $"{Text.Count(Examples.Count)} rows{cut}{skipped}";
    }
}
