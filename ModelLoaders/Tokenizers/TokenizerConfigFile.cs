using System.Text.Json;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Reads a Hugging Face <c>tokenizer_config.json</c>.</summary>
internal static class TokenizerConfigFile
{
    /// <summary>The options in a file; those it does not name keep their defaults.</summary>
    /// <exception cref="InvalidDataException">The file is not JSON, or a value has the wrong type.</exception>
    public static WordPieceOptions Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Options(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{path}' is not a tokenizer configuration: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }

    private static WordPieceOptions Options(JsonElement root)
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
    private static string? Token(JsonElement root, string name) => Value(root, name) switch
    {
        { ValueKind: JsonValueKind.Object } token => token.GetProperty("content").GetString(),
        { } token => token.GetString(),
        null => null,
    };

    private static JsonElement? Value(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
