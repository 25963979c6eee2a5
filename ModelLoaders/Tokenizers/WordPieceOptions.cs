namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>How <see cref="WordPieceTokenizer"/> treats text; the defaults are those of Hugging Face's BERT tokenizer.</summary>
public sealed record WordPieceOptions
{
    /// <summary>Whether text is lower-cased (<c>do_lower_case</c>).</summary>
    public bool Lowercase { get; init; } = true;

    /// <summary>Whether accents are taken off letters (<c>strip_accents</c>); null means the same as <see cref="Lowercase"/>.</summary>
    public bool? StripAccents { get; init; }

    /// <summary>Whether every Chinese character is a word of its own (<c>tokenize_chinese_chars</c>).</summary>
    public bool SplitChineseCharacters { get; init; } = true;

    /// <summary>Whether a special token's name within the text, such as <c>[SEP]</c>, becomes that token, as in the reference; otherwise it is plain text.</summary>
    public bool MatchSpecialTokensInText { get; init; } = true;

    /// <summary>The token that stands for a word the vocabulary cannot spell.</summary>
    public string UnknownToken { get; init; } = "[UNK]";

    /// <summary>The token in front of every sequence, whose hidden state feeds the classifier.</summary>
    public string ClassifierToken { get; init; } = "[CLS]";

    /// <summary>The token that closes every text.</summary>
    public string SeparatorToken { get; init; } = "[SEP]";

    /// <summary>The token that fills short rows of a padded batch.</summary>
    public string PaddingToken { get; init; } = "[PAD]";

    /// <summary>The token that hides a word in masked language modelling; a vocabulary may lack it.</summary>
    public string MaskToken { get; init; } = "[MASK]";
}
