using System.Text;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>The tokenizer of LLaMA 1 and 2: byte pair encoding of characters with bytes for unknown ones, to the ids of Hugging Face's
/// <c>LlamaTokenizerFast</c> where there is a <c>tokenizer.json</c>, else to those of SentencePiece.</summary>
/// <remarks>The begin token stands in front of a text, of a pair in front of both, and there are no segments.</remarks>
public sealed class LlamaTokenizer : TextTokenizer, ITextEncoder
{
    private readonly SpaceMarks _marks;
    private readonly PairMerger _merger;
    private readonly TokenTexts _texts;

    private LlamaTokenizer(SequenceFormat format, LlamaVocabulary vocabulary, int begin, int end, int unknown)
        : base(format)
    {
        _marks = vocabulary.Marks;
        _merger = new PairMerger(vocabulary.Rules, vocabulary.Bytes);
        _texts = new TokenTexts(vocabulary, [begin, end, unknown, .. vocabulary.Specials.Where(token => !token.IsPrinted).Select(token => token.Id)]);
        (BeginId, EndId, UnknownId) = (begin, end, unknown);
        IdCount = vocabulary.Ids.Values.Max() + 1;
    }

    /// <summary>The id in front of every text.</summary>
    public int BeginId { get; }

    /// <summary>The id that ends a text; a language model that writes it is done.</summary>
    public int EndId { get; }

    /// <summary>The id of what has no token. No text needs it, since every byte has one.</summary>
    public int UnknownId { get; }

    /// <inheritdoc/>
    public override int IdCount { get; }

    /// <summary>Loads the tokenizer of a Hugging Face folder: <c>tokenizer.json</c>, or else <c>tokenizer.model</c>; and
    /// <c>tokenizer_config.json</c> and <c>added_tokens.json</c> where they are. A file has at most 16 MiB.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="matchSpecialTokensInText">Whether a special token's name within the text, such as <c>&lt;/s&gt;</c>, becomes that
    /// token, as in the reference; otherwise it is plain text.</param>
    /// <exception cref="ModelFolderException">A file is missing, not what it should be, or of a kind that is not supported.</exception>
    /// <exception cref="InvalidDataException">The configuration is not what it should be, or a file is too large.</exception>
    public static LlamaTokenizer Load(string folder, bool matchSpecialTokensInText = true)
    {
        var config = Path.Combine(folder, TokenizerConfigFile.FileName);
        var options = File.Exists(config) ? TokenizerConfigFile.ReadLlama(config) : new LlamaTokenizerOptions();
        var vocabulary = LlamaVocabulary.Read(folder, options);
        int Required(string token) => vocabulary.Ids.TryGetValue(token, out var id)
            ? id
            : throw new ModelFolderException(folder, $"the vocabulary of {vocabulary.Ids.Count} tokens lacks {Printable.Quote(token)}; the files do not belong to a LLaMA");

        var (begin, end, unknown) = (Required(options.BeginToken), Required(options.EndToken), Required(options.UnknownToken));
        SpecialToken[] always = [new(options.BeginToken, begin), new(options.EndToken, end), new(options.UnknownToken, unknown)];
        var specials = new SpecialTokens(vocabulary.Specials.UnionBy(always, token => token.Name));
        int[] front = options.AddsBegin ? [begin] : [];
        int[] behind = options.AddsEnd ? [end] : [];
        var format = new SequenceFormat(front, [.. behind, .. front], behind, HasSegments: false, specials, matchSpecialTokensInText);
        return new LlamaTokenizer(format, vocabulary, begin, end, unknown);
    }

    /// <summary>The ids of a text, whatever the configuration says of begin and end.</summary>
    /// <param name="text">The text; may be empty.</param>
    /// <param name="addBegin">Whether <see cref="BeginId"/> stands in front.</param>
    /// <param name="addEnd">Whether <see cref="EndId"/> stands behind.</param>
    public int[] EncodeText(string text, bool addBegin = true, bool addEnd = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>();
        if (addBegin)
            ids.Add(BeginId);
        AppendIds(text, ids);
        if (addEnd)
            ids.Add(EndId);
        return [.. ids];
    }

    /// <summary>The text of ids; see <see cref="IncrementalDecoder"/> for what is not written.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is negative.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var decoder = StartDecoding();
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(decoder.Append(id));
        return text.Append(decoder.Flush()).ToString();
    }

    /// <summary>Begins to decode ids one at a time.</summary>
    /// <param name="continuesText">Whether the ids go on with a text, so that the space in front of their first word stays.</param>
    public IncrementalDecoder StartDecoding(bool continuesText = false) =>
        new(_texts, !continuesText && _marks.Prefix != PrefixRule.Never);

    private protected override void AppendWords(ReadOnlySpan<char> text, bool isStart, List<int> ids) =>
        _merger.Append(_marks.Apply(text, isStart), ids);
}
