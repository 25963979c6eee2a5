namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>BERT's tokenizer: text to the ids of Hugging Face's <c>BertTokenizerFast</c>, which is the reference.</summary>
/// <remarks>Instances do not change and may be used by several threads at once.</remarks>
public sealed class WordPieceTokenizer
{
    private readonly WordPieceOptions _options;
    private readonly BertNormalizer _normalizer;
    private readonly WordPieces _pieces;
    private readonly SpecialTokens _specialTokens;

    /// <summary>A tokenizer over a vocabulary.</summary>
    /// <exception cref="InvalidDataException">The vocabulary lacks a special token that every sequence needs.</exception>
    public WordPieceTokenizer(Vocabulary vocabulary, WordPieceOptions options)
    {
        Vocabulary = vocabulary;
        _options = options;
        UnknownId = Required(options.UnknownToken);
        ClassifierId = Required(options.ClassifierToken);
        SeparatorId = Required(options.SeparatorToken);
        PaddingId = Required(options.PaddingToken);
        _normalizer = new BertNormalizer(options.Lowercase, options.StripAccents ?? options.Lowercase, options.SplitChineseCharacters);
        _pieces = new WordPieces(vocabulary, UnknownId);
        _specialTokens = new SpecialTokens(NamedTokens());
    }

    /// <summary>The tokens and their ids.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The id for words the vocabulary cannot spell.</summary>
    public int UnknownId { get; }

    /// <summary>The id in front of every sequence.</summary>
    public int ClassifierId { get; }

    /// <summary>The id that closes every text.</summary>
    public int SeparatorId { get; }

    /// <summary>The id that fills short rows of a padded batch.</summary>
    public int PaddingId { get; }

    /// <summary>Loads the tokenizer of a Hugging Face folder: <c>vocab.txt</c>, and <c>tokenizer_config.json</c> where there is one.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="matchSpecialTokensInText">See <see cref="WordPieceOptions.MatchSpecialTokensInText"/>.</param>
    /// <exception cref="FileNotFoundException">The folder has no <c>vocab.txt</c>.</exception>
    /// <exception cref="InvalidDataException">A file is not what it should be.</exception>
    public static WordPieceTokenizer Load(string folder, bool matchSpecialTokensInText = true)
    {
        var config = Path.Combine(folder, "tokenizer_config.json");
        var options = File.Exists(config) ? TokenizerConfigFile.Read(config) : new WordPieceOptions();
        var vocabulary = Vocabulary.Read(Path.Combine(folder, "vocab.txt"));
        return new WordPieceTokenizer(vocabulary, options with { MatchSpecialTokensInText = matchSpecialTokensInText });
    }

    /// <summary>Encodes a text as <c>[CLS] text [SEP]</c>, a pair as <c>[CLS] text [SEP] pair [SEP]</c>.</summary>
    /// <param name="text">The text; may be empty.</param>
    /// <param name="pair">The second text, or null.</param>
    /// <param name="maxLength">Most tokens, special ones included. Longer texts are cut at their ends, of a pair the longer one first.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit has no room for the special tokens.</exception>
    public TokenizedText Encode(string text, string? pair, int maxLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        var separators = pair is null ? 1 : 2;
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 1 + separators);

        var first = new List<int>();
        var second = new List<int>();
        var specials = AppendIds(text, first) + (pair is null ? 0 : AppendIds(pair, second));
        var (keepFirst, keepSecond) = Truncation.LongestFirst(first.Count, second.Count, maxLength - 1 - separators);

        var ids = new List<int>(1 + separators + keepFirst + keepSecond) { ClassifierId };
        ids.AddRange(first[..keepFirst]);
        ids.Add(SeparatorId);
        var tokenTypes = new int[ids.Count + (pair is null ? 0 : keepSecond + 1)];
        if (pair is not null)
        {
            tokenTypes.AsSpan(ids.Count).Fill(1);
            ids.AddRange(second[..keepSecond]);
            ids.Add(SeparatorId);
        }

        var isTruncated = keepFirst < first.Count || keepSecond < second.Count;
        return new TokenizedText([.. ids], tokenTypes, isTruncated, specials);
    }

    /// <summary>Appends a text's ids and returns how many special tokens' names stood in it.</summary>
    private int AppendIds(ReadOnlySpan<char> text, List<int> ids)
    {
        var found = 0;
        var plain = 0;
        var at = 0;
        while (_specialTokens.TryFind(text[at..], out var start, out var length, out var id))
        {
            found++;
            start += at;
            at = start + length;
            if (!_options.MatchSpecialTokensInText)
                continue;
            AppendWords(text[plain..start], ids);
            ids.Add(id);
            plain = at;
        }

        AppendWords(text[plain..], ids);
        return found;
    }

    private void AppendWords(ReadOnlySpan<char> text, List<int> ids)
    {
        var normalized = _normalizer.Normalize(text);
        foreach (var word in BertPreTokenizer.Split(normalized))
            _pieces.Append(normalized.AsSpan()[word], ids);
    }

    private IEnumerable<(string Name, int Id)> NamedTokens()
    {
        yield return (_options.UnknownToken, UnknownId);
        yield return (_options.ClassifierToken, ClassifierId);
        yield return (_options.SeparatorToken, SeparatorId);
        yield return (_options.PaddingToken, PaddingId);
        if (Vocabulary.TryGetId(_options.MaskToken, out var mask))
            yield return (_options.MaskToken, mask);
    }

    private int Required(string token) => Vocabulary.TryGetId(token, out var id)
        ? id
        : throw new InvalidDataException($"the vocabulary of {Vocabulary.Count} tokens lacks '{token}'.");
}
