using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.Tokenizers;
using VkSparseGrad.Models;

namespace VkSparseGrad.Cli.Tasks;

/// <summary>One file of a split as token ids.</summary>
/// <param name="File">The file they come from.</param>
/// <param name="Examples">The rows.</param>
/// <param name="Skipped">Rows that did not fit the task.</param>
/// <param name="Cut">Rows that were longer than the limit.</param>
/// <param name="WithSpecialTokens">Rows whose text holds the name of a special token.</param>
internal sealed record TokenizedSplit(
    GlueFile File, IReadOnlyList<TokenizedExample> Examples, SkippedRows Skipped, int Cut, int WithSpecialTokens)
{
    /// <summary>The labels, in order.</summary>
    public float[] Labels => [.. Examples.Select(example => example.Label!.Value)];

    /// <summary>Tokenizes rows of a dataset, all or some.</summary>
    public static TokenizedSplit Of(GlueDataset dataset, IEnumerable<GlueExample> rows, TextTokenizer tokenizer, int maxLength)
    {
        var examples = new List<TokenizedExample>();
        int cut = 0;
        int withSpecialTokens = 0;
        foreach (GlueExample example in rows)
        {
            TokenizedText text = tokenizer.Encode(example.Text, example.Pair, maxLength);
            cut += text.IsTruncated ? 1 : 0;
            withSpecialTokens += text.SpecialTokensInText > 0 ? 1 : 0;
            examples.Add(new TokenizedExample(text.Ids, text.TokenTypes, example.Label));
        }

        return new TokenizedSplit(dataset.File, examples, dataset.Skipped, cut, withSpecialTokens);
    }

    /// <summary>Such as <c>6,000 rows, 2 cut at 128 tokens</c>.</summary>
    public string Describe(int maxLength)
    {
        string cut = Cut == 0 ? "" : $", {Text.Count(Cut)} cut at {maxLength} tokens";
        string special = WithSpecialTokens == 0 ? "" : $", {Text.Count(WithSpecialTokens)} with a special token's name in the text";
        string skipped = Skipped.Count == 0 ? "" : $", {Skipped}";
        return $"{Text.Count(Examples.Count)} rows{cut}{special}{skipped}";
    }
}
