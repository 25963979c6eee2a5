namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>A text, or a pair of texts, as a model takes it.</summary>
public sealed class TokenizedText
{
    internal TokenizedText(int[] ids, int[] tokenTypes, bool isTruncated, int specialTokensInText)
    {
        Ids = ids;
        TokenTypes = tokenTypes;
        IsTruncated = isTruncated;
        SpecialTokensInText = specialTokensInText;
    }

    /// <summary>Token ids, special tokens included.</summary>
    public int[] Ids { get; }

    /// <summary>One for each id: 0 in the first text, 1 in the second with its closing separator.</summary>
    public int[] TokenTypes { get; }

    /// <summary>Whether tokens were cut to keep the length limit.</summary>
    public bool IsTruncated { get; }

    /// <summary>How often a special token's name, such as <c>[SEP]</c>, stood in the text itself, before any cutting.</summary>
    public int SpecialTokensInText { get; }
}
