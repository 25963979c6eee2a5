using System.Text.Json;
using VkSparseGrad.ModelLoaders.Tokenizers;

namespace VkSparseGrad.Tests.Text;

/// <summary>VOC-S of the field cases: a small LLaMA vocabulary, in either kind of file.</summary>
internal static class VocS
{
    public const string Config = "tokenizer_config.json", Whole = "tokenizer.json", Model = "tokenizer.model";

    /// <summary>What LLaMA 2's file says.</summary>
    public const string PrependNormalizer =
        """{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}""";

    public static readonly string[] Merges = ["h i", "▁ hi", "▁ h", "▁ a", "▁ ▁"];

    public static readonly string[] Tokens =
    [
        "<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"),
        "▁", "h", "i", "▁h", "▁hi", "hi", "a", "▁a", ".", "▁▁",
    ];

    /// <summary>The pieces of <c>tokenizer.model</c>, whose scores go with the merges.</summary>
    public static List<Piece> Pieces() => [.. Tokens.Select((token, id) => id switch
    {
        0 => new Piece(token, 0, 2),
        <= 2 => new Piece(token, 0, 3),
        < 259 => new Piece(token, 0, 6),
        _ => new Piece(token, Score(token), 1),
    })];

    public static TempFolder WithModel(string? config = null, List<Piece>? pieces = null, byte[]? training = null, byte[]? normalizer = null)
    {
        TempFolder folder = Folder(config);
        folder.Write(Model, ProtoWriter.Model(pieces ?? Pieces(), training ?? ProtoWriter.Training(), normalizer ?? ProtoWriter.Normalizer()));
        return folder;
    }

    public static TempFolder WithJson(
        string? config = null, object[]? merges = null, string normalizer = PrependNormalizer, string preTokenizer = "null", object? added = null)
    {
        TempFolder folder = Folder(config);
        string vocab = JsonSerializer.Serialize(Tokens.Select((token, id) => (token, id)).ToDictionary(item => item.token, item => item.id));
        folder.Write(Whole, $$$"""
            {"added_tokens": {{{JsonSerializer.Serialize(added)}}}, "normalizer": {{{normalizer}}}, "pre_tokenizer": {{{preTokenizer}}},
             "model": {"type": "BPE", "byte_fallback": true, "vocab": {{{vocab}}}, "merges": {{{JsonSerializer.Serialize(merges ?? [.. Merges])}}}}}
            """);
        return folder;
    }

    /// <summary>The folder with one kind of file or the other, of either style.</summary>
    public static TempFolder With(bool json, bool legacy = true)
    {
        string? config = legacy ? null : """{"legacy": false}""";
        return !json ? WithModel(config) : legacy ? WithJson() : WithJson(config, normalizer: "null", preTokenizer: Metaspace("first"));
    }

    public static string Metaspace(string scheme) =>
        $$"""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "{{scheme}}", "split": false}""";

    public static int[] Ids(TempFolder folder, string text) => LlamaTokenizer.Load(folder.Path).EncodeText(text);

    private static TempFolder Folder(string? config)
    {
        var folder = new TempFolder();
        if (config is not null)
            folder.Write(Config, config);
        return folder;
    }

    private static float Score(string token)
    {
        int rank = Array.FindIndex(Merges, merge => merge.Replace(" ", "", StringComparison.Ordinal) == token);
        return rank < 0 ? -100 : -rank;
    }

    public sealed record Piece(string Text, float Score, int Type);
}
