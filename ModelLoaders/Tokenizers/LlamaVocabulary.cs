using System.Globalization;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>What the files of a LLaMA tokenizer say.</summary>
/// <param name="Ids">Ids of all tokens.</param>
/// <param name="Bytes">The token of each byte.</param>
/// <param name="Rules">How characters become tokens.</param>
/// <param name="Marks">How spaces are written.</param>
/// <param name="Specials">Tokens that are found in raw text.</param>
internal sealed record LlamaVocabulary(
    Dictionary<string, int> Ids, int[] Bytes, IMergeRules Rules, SpaceMarks Marks, List<SpecialToken> Specials)
{
    /// <summary>The name of SentencePiece's file.</summary>
    public const string ModelName = "tokenizer.model";

    private const string WholeName = "tokenizer.json", AddedName = "added_tokens.json";

    /// <summary>Reads <c>tokenizer.json</c>, which has the last word on every rule, or else <c>tokenizer.model</c>; and what the
    /// configuration and <c>added_tokens.json</c> add.</summary>
    /// <exception cref="ModelFolderException">The files are missing, or not what they should be.</exception>
    /// <exception cref="InvalidDataException">A file is too large.</exception>
    public static LlamaVocabulary Read(string folder, LlamaTokenizerOptions options)
    {
        var whole = Path.Combine(folder, WholeName);
        var model = Path.Combine(folder, ModelName);
        LlamaVocabulary vocabulary;
        if (File.Exists(whole))
            vocabulary = LlamaJsonFile.Read(whole);
        else if (File.Exists(model))
            vocabulary = SentencePieceFile.Read(model, options);
        else
            throw new ModelFolderException(folder, $"the folder has neither {WholeName} nor {ModelName}; copy one from where the model came from");

        vocabulary.Add(Path.Combine(folder, TokenizerConfigFile.FileName), options.AddedTokens);
        var added = Path.Combine(folder, AddedName);
        if (File.Exists(added))
        {
            using var document = JsonFile.ReadObject(added);
            vocabulary.Add(added, [.. BpeFiles.ReadIds(added, document.RootElement).Select(item => new SpecialToken(item.Key, item.Value, IsPrinted: true))]);
        }

        return vocabulary;
    }

    /// <summary>Finds the token of each byte, <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>.</summary>
    /// <exception cref="ModelFolderException">One is missing.</exception>
    public static int[] FindBytes(string path, IReadOnlyDictionary<string, int> ids) => [.. Enumerable.Range(0, 256).Select(value =>
        ids.TryGetValue(ByteName(value), out var id)
            ? id
            : throw new ModelFolderException(path, $"the vocabulary lacks {Printable.Quote(ByteName(value))}, which characters without a token need; is it the tokenizer of another model?"))];

    private static string ByteName(int value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    // What the vocabulary's own file says of a token counts before what others say.
    private void Add(string path, IReadOnlyList<SpecialToken> tokens)
    {
        AddedTokens.Add(path, tokens, Ids);
        Specials.AddRange(tokens.ExceptBy(Specials.Select(known => known.Name), token => token.Name));
    }
}
