using System.Text.Json;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Reads the <c>tokenizer.json</c> of a LLaMA 1 or 2: byte pair encoding of characters, with bytes for those that are no
/// token.</summary>
internal static class LlamaJsonFile
{
    /// <exception cref="ModelFolderException">The file is not one, or has a part that is not supported.</exception>
    public static LlamaVocabulary Read(string path)
    {
        using var document = JsonFile.ReadObject(path);
        var root = document.RootElement;
        if (Part(root, "model") is { } model)
            RequireCharacters(path, model);
        (var ids, var added, var merges) = BpeFiles.ReadWhole(path, root);
        return new LlamaVocabulary(
            ids, LlamaVocabulary.FindBytes(path, ids), new ListedMerges(ids, merges), new SpaceMarks(Prefix(path, root)), added);
    }

    private static void RequireCharacters(string path, JsonElement model)
    {
        if (!IsTrue(model, "byte_fallback"))
            throw new ModelFolderException(path, "model.byte_fallback is not true: this is no tokenizer of LLaMA 1 or 2 (Llama 3's is of another kind), the only ones that are supported");
        foreach (var name in (string[])["dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"])
        {
            if (Part(model, name) is { } value && value.GetRawText() is not ("\"\"" or "false" or "0.0" or "0"))
                throw new ModelFolderException(path, $"model.{name} is {Printable.Quote(value.GetRawText())}, which is not supported; no LLaMA 1 or 2 has it");
        }
    }

    /// <summary>The rule that the normaliser and the pre-tokenizer make together.</summary>
    private static PrefixRule Prefix(string path, JsonElement root)
    {
        var (prepends, marks) = Normalizer(path, root);
        var rule = PreTokenizer(path, root);
        if (!marks && rule is null)
            throw new ModelFolderException(path, "neither the normalizer nor the pre_tokenizer turns spaces into '▁'; is it the tokenizer of another model?");
        return prepends ? PrefixRule.Every : rule ?? PrefixRule.Never;
    }

    private static (bool Prepends, bool Marks) Normalizer(string path, JsonElement root)
    {
        var (prepends, marks) = (false, false);
        if (Part(root, "normalizer") is not { } normalizer)
            return (prepends, marks);
        JsonElement[] steps = Is(normalizer, "type", "Sequence") && Part(normalizer, "normalizers") is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray()]
            : [normalizer];
        foreach (var step in steps)
        {
            if (Is(step, "type", "Prepend") && Is(step, "prepend", "▁"))
                prepends = true;
            else if (Is(step, "type", "Replace") && Is(step, "content", "▁") && Part(step, "pattern") is { } pattern && Is(pattern, "String", " "))
                marks = true;
            else
                throw NotSupported(path, "normalizer", step);
        }

        return (prepends, marks);
    }

    // Older files have a flag in place of the scheme.
    private static PrefixRule? PreTokenizer(string path, JsonElement root)
    {
        if (Part(root, "pre_tokenizer") is not { } element)
            return null;
        if (!Is(element, "type", "Metaspace") || !Is(element, "replacement", "▁") || Part(element, "split") is not { ValueKind: JsonValueKind.False })
            throw NotSupported(path, "pre_tokenizer", element);
        if (Is(element, "prepend_scheme", "first"))
            return PrefixRule.WhereMissingAtStart;
        if (Is(element, "prepend_scheme", "never"))
            return PrefixRule.Never;
        if (Is(element, "prepend_scheme", "always"))
            return PrefixRule.WhereMissing;
        return Part(element, "prepend_scheme") is not null ? throw NotSupported(path, "pre_tokenizer", element)
            : Part(element, "add_prefix_space") is { ValueKind: JsonValueKind.False } ? PrefixRule.Never : PrefixRule.WhereMissing;
    }

    private static ModelFolderException NotSupported(string path, string part, JsonElement value) =>
        new(path, $"the {part} {Printable.Quote(value.GetRawText())} is not supported, only LLaMA's: Prepend and Replace of '▁', or Metaspace without split");

    private static bool Is(JsonElement element, string name, string text) =>
        Part(element, name) is { ValueKind: JsonValueKind.String } value && value.ValueEquals(text);

    private static bool IsTrue(JsonElement element, string name) => Part(element, name) is { ValueKind: JsonValueKind.True };

    private static JsonElement? Part(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
