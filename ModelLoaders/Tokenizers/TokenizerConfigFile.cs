using System.Globalization;
using System.Text.Json;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Reads a Hugging Face <c>tokenizer_config.json</c>.</summary>
internal static class TokenizerConfigFile
{
    /// <summary>The file's name.</summary>
    public const string FileName = "tokenizer_config.json";

    /// <summary>The options in a file; those it does not name keep their defaults.</summary>
    /// <exception cref="InvalidDataException">The file is not JSON, or a value has the wrong type.</exception>
    public static WordPieceOptions Read(string path) => Read(path, WordPiece);

    /// <summary>The options of a byte-level tokenizer; those the file does not name keep their defaults.</summary>
    /// <inheritdoc cref="Read(string)" path="/exception"/>
    public static ByteLevelBpeOptions ReadByteLevel(string path) => Read(path, ByteLevel);

    /// <summary>The options of a LLaMA tokenizer; those the file does not name keep their defaults.</summary>
    /// <inheritdoc cref="Read(string)" path="/exception"/>
    public static LlamaTokenizerOptions ReadLlama(string path) => Read(path, Llama);

    private static T Read<T>(string path, Func<JsonElement, T> options)
    {
        try
        {
            using var document = JsonDocument.Parse(TokenizerFile.Read(path));
            return options(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"'{path}' is not a tokenizer configuration: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }

    private static ByteLevelBpeOptions ByteLevel(JsonElement root)
    {
        var defaults = new ByteLevelBpeOptions();
        return defaults with
        {
            AddsSpace = Flag(root, "add_prefix_space") ?? defaults.AddsSpace,
            ClassifierToken = Token(root, "cls_token") ?? defaults.ClassifierToken,
            SeparatorToken = Token(root, "sep_token") ?? defaults.SeparatorToken,
            UnknownToken = Token(root, "unk_token") ?? defaults.UnknownToken,
            PaddingToken = Token(root, "pad_token") ?? defaults.PaddingToken,
            MaskToken = Token(root, "mask_token") ?? defaults.MaskToken,
        };
    }

    private static LlamaTokenizerOptions Llama(JsonElement root)
    {
        var defaults = new LlamaTokenizerOptions();
        return defaults with
        {
            AddsBegin = Flag(root, "add_bos_token") ?? defaults.AddsBegin,
            AddsEnd = Flag(root, "add_eos_token") ?? defaults.AddsEnd,
            AddsPrefix = Flag(root, "add_prefix_space") ?? defaults.AddsPrefix,
            IsLegacy = Flag(root, "legacy") ?? defaults.IsLegacy,
            BeginToken = Token(root, "bos_token") ?? defaults.BeginToken,
            EndToken = Token(root, "eos_token") ?? defaults.EndToken,
            UnknownToken = Token(root, "unk_token") ?? defaults.UnknownToken,
            AddedTokens = [.. Value(root, "added_tokens_decoder")?.EnumerateObject().Select(Added) ?? []],
        };
    }

    private static SpecialToken Added(JsonProperty entry)
    {
        if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id == int.MaxValue)
            throw new InvalidOperationException($"added_tokens_decoder has {Printable.Quote(entry.Name)} for an id");
        var name = Token(entry.Value, "content") ?? throw new InvalidOperationException($"the added token {id} has no content");
        return AddedTokens.Token(name, id, entry.Value);
    }

    private static WordPieceOptions WordPiece(JsonElement root)
    {
        var defaults = new WordPieceOptions();
        return defaults with
        {
            Lowercase = Flag(root, "do_lower_case") ?? defaults.Lowercase,
            StripAccents = Flag(root, "strip_accents"),
            SplitChineseCharacters = Flag(root, "tokenize_chinese_chars") ?? defaults.SplitChineseCharacters,
            UnknownToken = Token(root, "unk_token") ?? defaults.UnknownToken,
            ClassifierToken = Token(root, "cls_token") ?? defaults.ClassifierToken,
            SeparatorToken = Token(root, "sep_token") ?? defaults.SeparatorToken,
            PaddingToken = Token(root, "pad_token") ?? defaults.PaddingToken,
            MaskToken = Token(root, "mask_token") ?? defaults.MaskToken,
        };
    }

    private static bool? Flag(JsonElement root, string name) => Value(root, name)?.GetBoolean();

    // Older files hold the token itself, newer ones an object with its matching rules.
    private static string? Token(JsonElement root, string name)
    {
        var token = Value(root, name) switch
        {
            { ValueKind: JsonValueKind.Object } rules => rules.GetProperty("content").GetString(),
            { } text => text.GetString(),
            null => null,
        };
        return token == "" ? throw new InvalidOperationException($"{name} is empty") : token;
    }

    private static JsonElement? Value(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
