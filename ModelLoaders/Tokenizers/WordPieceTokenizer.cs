namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>BERT's tokenizer: text to the ids of Hugging Face's <c>BertTokenizerFast</c>, which is the reference.</summary>
/// <remarks>Instances do not change and may be used by several threads at once.</remarks>
public sealed class WordPieceTokenizer : TextTokenizer
{
    private readonly BertNormalizer _normalizer;
    private readonly WordPieces _pieces;

    /// <summary>A tokenizer over a vocabulary.</summary>
    /// <exception cref="InvalidDataException">The vocabulary lacks a special token that every sequence needs.</exception>
    public WordPieceTokenizer(Vocabulary vocabulary, WordPieceOptions options)
        : base(Format(vocabulary, options))
    {
        Vocabulary = vocabulary;
        UnknownId = Required(vocabulary, options.UnknownToken);
        PaddingId = Required(vocabulary, options.PaddingToken);
        ClassifierId = Required(vocabulary, options.ClassifierToken);
        SeparatorId = Required(vocabulary, options.SeparatorToken);
        _normalizer = new BertNormalizer(options.Lowercase, options.StripAccents ?? options.Lowercase, options.SplitChineseCharacters);
        _pieces = new WordPieces(vocabulary, UnknownId);
    }

    /// <summary>The tokens and their ids.</summary>
    public Vocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public override int IdCount => Vocabulary.Count;

    /// <summary>The id in front of every sequence.</summary>
    public int ClassifierId { get; }

    /// <summary>The id that closes every text.</summary>
    public int SeparatorId { get; }

    /// <summary>The id for words the vocabulary cannot spell.</summary>
    public int UnknownId { get; }

    /// <summary>The id that fills short rows of a padded batch.</summary>
    public int PaddingId { get; }

    /// <summary>Loads the tokenizer of a Hugging Face folder: <c>vocab.txt</c>, and <c>tokenizer_config.json</c> where there is one.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="matchSpecialTokensInText">See <see cref="WordPieceOptions.MatchSpecialTokensInText"/>.</param>
    /// <exception cref="FileNotFoundException">The folder has no <c>vocab.txt</c>.</exception>
    /// <exception cref="InvalidDataException">A file is not what it should be.</exception>
    public static WordPieceTokenizer Load(string folder, bool matchSpecialTokensInText = true)
    {
        var config = Path.Combine(folder, TokenizerConfigFile.FileName);
        var options = File.Exists(config) ? TokenizerConfigFile.Read(config) : new WordPieceOptions();
        var vocabulary = Vocabulary.Read(Path.Combine(folder, "vocab.txt"));
        return new WordPieceTokenizer(vocabulary, options with { MatchSpecialTokensInText = matchSpecialTokensInText });
    }

    private protected override void AppendWords(ReadOnlySpan<char> text, bool isStart, List<int> ids)
    {
        var normalized = _normalizer.Normalize(text);
        foreach (var word in BertPreTokenizer.Split(normalized))
            _pieces.Append(normalized.AsSpan()[word], ids);
    }

    private static SequenceFormat Format(Vocabulary vocabulary, WordPieceOptions options)
    {
        string[] needed = [options.UnknownToken, options.ClassifierToken, options.SeparatorToken, options.PaddingToken];
        List<SpecialToken> named = [.. needed.Select(token => new SpecialToken(token, Required(vocabulary, token)))];
        if (vocabulary.TryGetId(options.MaskToken, out var mask))
            named.Add(new SpecialToken(options.MaskToken, mask));
        int[] separator = [Required(vocabulary, options.SeparatorToken)];
        return new SequenceFormat(
            [Required(vocabulary, options.ClassifierToken)], separator, separator, HasSegments: true,
            new SpecialTokens(named), options.MatchSpecialTokensInText);
    }

    private static int Required(Vocabulary vocabulary, string token) => vocabulary.TryGetId(token, out var id)
        ? id
        : throw new InvalidDataException($"the vocabulary of {vocabulary.Count} tokens lacks '{token}'.");
}
