using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Reads the tokens and the merges of byte pair encoding.</summary>
internal static class BpeFiles
{
    private const string VocabularyName = "vocab.json", MergesName = "merges.txt", WholeName = "tokenizer.json";

    /// <summary>Reads <c>vocab.json</c> with <c>merges.txt</c>, or else <c>tokenizer.json</c>, which has both.</summary>
    /// <returns>Ids by token, and merges, two tokens with a space between, the most wanted first.</returns>
    /// <exception cref="ModelFolderException">The files are missing, or not what they should be.</exception>
    /// <exception cref="InvalidDataException">A file is too large.</exception>
    public static (Dictionary<string, int> Ids, List<string> Merges) Read(string folder)
    {
        var vocabulary = Path.Combine(folder, VocabularyName);
        var merges = Path.Combine(folder, MergesName);
        var whole = Path.Combine(folder, WholeName);
        if (File.Exists(vocabulary) && File.Exists(merges))
        {
            using var document = JsonFile.ReadObject(vocabulary);
            var ids = ReadIds(vocabulary, document.RootElement);
            return (ids, ReadMerges(merges, ids));
        }

        return File.Exists(whole)
            ? ReadWhole(whole)
            : throw new ModelFolderException(folder, $"the folder has neither {VocabularyName} with {MergesName} nor {WholeName}; copy them from where the model came from");
    }

    private static (Dictionary<string, int> Ids, List<string> Merges) ReadWhole(string path)
    {
        using var document = JsonFile.ReadObject(path);
        (var ids, _, var merges) = ReadWhole(path, document.RootElement);
        return (ids, merges);
    }

    /// <summary>Reads a <c>tokenizer.json</c>.</summary>
    /// <returns>As <see cref="Read"/>, and the tokens that it lists beside the model.</returns>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static (Dictionary<string, int> Ids, List<SpecialToken> Added, List<string> Merges) ReadWhole(string path, JsonElement root)
    {
        if (!root.TryGetProperty("model", out var model) || model.ValueKind != JsonValueKind.Object ||
            !model.TryGetProperty("vocab", out var vocabulary) || vocabulary.ValueKind != JsonValueKind.Object ||
            !model.TryGetProperty("merges", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            throw new ModelFolderException(path, "model.vocab and model.merges of byte pair encoding are not there; is it another kind of tokenizer?");
        }

        var ids = ReadIds(path, vocabulary);
        var added = AddedTokens.Read(path, root);
        AddedTokens.Add(path, added, ids);
        var merges = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in list.EnumerateArray())
            Add(path, $"merge {merges.Count + 1}", Parts(path, entry), ids, merges);
        return (ids, added, [.. merges.Keys]);
    }

    // Newer files hold pairs of tokens, older ones the two in one string.
    private static string[] Parts(string path, JsonElement entry) => entry.ValueKind switch
    {
        JsonValueKind.String => Text(path, entry).Split(' '),
        JsonValueKind.Array when entry.EnumerateArray().All(part => part.ValueKind == JsonValueKind.String) =>
            [.. entry.EnumerateArray().Select(part => Text(path, part))],
        _ => [],
    };

    /// <summary>A string's text.</summary>
    public static string Text(string path, JsonElement entry)
    {
        try
        {
            return entry.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw NoText(path, e);
        }
    }

    // An escape may stand for half a character.
    private static ModelFolderException NoText(string path, InvalidOperationException e) =>
        new(path, "a token is not valid Unicode; download it again", e);

    private static List<string> ReadMerges(string path, Dictionary<string, int> ids)
    {
        ReadOnlySpan<byte> bytes = TokenizerFile.Read(path);
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        if (!Utf8.IsValid(bytes))
            throw new ModelFolderException(path, "this is not valid UTF-8; download it again");

        // Only LF ends a line, and only in the first does # begin a comment: both are letters of merges elsewhere.
        var lines = Encoding.UTF8.GetString(bytes).Split('\n');
        var merges = new OrderedDictionary<string, string>(lines.Length, StringComparer.Ordinal);
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].EndsWith('\r') ? lines[i][..^1] : lines[i];
            var isHead = i == 0 && line.StartsWith("#version", StringComparison.Ordinal);
            var isEnd = i == lines.Length - 1 && line.Length == 0;
            if (!isHead && !isEnd)
                Add(path, $"line {i + 1}", line.Split(' '), ids, merges);
        }

        return [.. merges.Keys];
    }

    /// <summary>Adds a merge, with the place it stands at.</summary>
    private static void Add(string path, string place, string[] parts, Dictionary<string, int> ids, OrderedDictionary<string, string> merges)
    {
        if (parts is not [{ Length: > 0 } left, { Length: > 0 } right] || left.Contains(' ') || right.Contains(' '))
            throw new ModelFolderException(path, $"{place} is {Printable.Quote(string.Join(' ', parts))}, expected two tokens with a space between; download it again");
        foreach (var token in (string[])[left, right, left + right])
        {
            if (!ids.ContainsKey(token))
                throw new ModelFolderException(path, $"{place} needs the token {Printable.Quote(token)}, which the vocabulary lacks; the files do not belong together");
        }

        var merge = $"{left} {right}";
        if (!merges.TryAdd(merge, place))
            throw new ModelFolderException(path, $"{place} is {Printable.Quote(merge)}, as is {merges[merge]}; download it again");
    }

    /// <summary>Reads ids by token.</summary>
    public static Dictionary<string, int> ReadIds(string path, JsonElement vocabulary)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var tokens = new Dictionary<int, string>();
        try
        {
            foreach (var entry in vocabulary.EnumerateObject())
            {
                if (entry.Name.Length == 0)
                    throw new ModelFolderException(path, "a token is empty; download it again");
                if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out var id) || id is < 0 or int.MaxValue)
                    throw new ModelFolderException(path, $"the id of {Printable.Quote(entry.Name)} is not a whole number from 0 on; download it again");
                if (!tokens.TryAdd(id, entry.Name) && tokens[id] != entry.Name)
                    throw new ModelFolderException(path, $"{Printable.Quote(tokens[id])} and {Printable.Quote(entry.Name)} have the same id {id}; download it again");
                ids[entry.Name] = id;
            }
        }
        catch (InvalidOperationException e)
        {
            throw NoText(path, e);
        }

        return ids;
    }
}
