using Microsoft.ML.Tokenizers;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>RoBERTa's tokenizer: byte pair encoding over the bytes of a text, to the ids of Hugging Face's
/// <c>RobertaTokenizerFast</c>, which is the reference. Radford et al., "Language Models are Unsupervised Multitask Learners",
/// 2019, section 2.2.</summary>
/// <remarks>A pair has two separators between its texts, and no segments.</remarks>
public sealed class ByteLevelBpeTokenizer : TextTokenizer
{
    private readonly BpeTokenizer _bpe;
    private readonly bool _addsSpace;

    private ByteLevelBpeTokenizer(SequenceFormat format, BpeTokenizer bpe, bool addsSpace, int idCount)
        : base(format)
    {
        _bpe = bpe;
        _addsSpace = addsSpace;
        IdCount = idCount;
        ClassifierId = format.Front[0];
        SeparatorId = format.Behind[0];
    }

    /// <summary>The id in front of every sequence.</summary>
    public int ClassifierId { get; }

    /// <summary>The id that closes every text.</summary>
    public int SeparatorId { get; }

    /// <inheritdoc/>
    public override int IdCount { get; }

    /// <summary>Loads the tokenizer of a Hugging Face folder: <c>vocab.json</c> and <c>merges.txt</c>, or else
    /// <c>tokenizer.json</c>; and <c>tokenizer_config.json</c> where there is one.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="matchSpecialTokensInText">Whether a special token's name within the text, such as <c>&lt;/s&gt;</c>, becomes that
    /// token, as in the reference; otherwise it is plain text.</param>
    /// <exception cref="ModelFolderException">A file is missing, or not what it should be.</exception>
    /// <exception cref="InvalidDataException">The configuration is not what it should be, or a file is too large.</exception>
    public static ByteLevelBpeTokenizer Load(string folder, bool matchSpecialTokensInText = true)
    {
        (var ids, var merges) = BpeFiles.Read(folder);
        var config = Path.Combine(folder, TokenizerConfigFile.FileName);
        var options = File.Exists(config) ? TokenizerConfigFile.ReadByteLevel(config) : new ByteLevelBpeOptions();
        int Required(string token) => ids.TryGetValue(token, out var id)
            ? id
            : throw new ModelFolderException(folder, $"the vocabulary of {ids.Count} tokens lacks {Printable.Quote(token)}; the files do not belong to a RoBERTa");

        string[] needed = [options.ClassifierToken, options.SeparatorToken, options.UnknownToken, options.PaddingToken];
        List<SpecialToken> named = [.. needed.Distinct().Select(token => new SpecialToken(token, Required(token)))];
        if (ids.TryGetValue(options.MaskToken, out var mask))
            named.Add(new SpecialToken(options.MaskToken, mask, TakesSpace: true));
        var separator = Required(options.SeparatorToken);
        var format = new SequenceFormat(
            [Required(options.ClassifierToken)], [separator, separator], [separator], HasSegments: false,
            new SpecialTokens(named), matchSpecialTokensInText);
        var bpe = BpeTokenizer.Create(new BpeOptions(ids)
        {
            Merges = merges, ByteLevel = true, PreTokenizer = new Gpt2PreTokenizer(), UnknownToken = options.UnknownToken,
        });
        return new ByteLevelBpeTokenizer(format, bpe, options.AddsSpace, ids.Values.Max() + 1);
    }

    private protected override void AppendWords(ReadOnlySpan<char> text, bool isStart, List<int> ids)
    {
        if (text.IsEmpty)
            return;
        var spaced = _addsSpace && text[0] != ' ' ? $" {text}" : text;
        ids.AddRange(_bpe.EncodeToIds(spaced));
    }
}

/// <summary>What a <c>tokenizer_config.json</c> says of a byte-level tokenizer; the defaults are RoBERTa's.</summary>
internal sealed record ByteLevelBpeOptions
{
    /// <summary>Whether a text begins as if a space stood in front of it (<c>add_prefix_space</c>).</summary>
    public bool AddsSpace { get; init; }

    public string ClassifierToken { get; init; } = "<s>";

    public string SeparatorToken { get; init; } = "</s>";

    public string UnknownToken { get; init; } = "<unk>";

    public string PaddingToken { get; init; } = "<pad>";

    public string MaskToken { get; init; } = "<mask>";
}
