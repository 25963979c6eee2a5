using System.Text.Json;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Tokens that stand beside the vocabulary, as special ones may.</summary>
internal static class AddedTokens
{
    /// <summary>The <c>added_tokens</c> of a <c>tokenizer.json</c>.</summary>
    /// <exception cref="ModelFolderException">They are not a list of tokens with ids.</exception>
    public static List<SpecialToken> Read(string path, JsonElement root)
    {
        if (!root.TryGetProperty("added_tokens", out var added) || added.ValueKind == JsonValueKind.Null)
            return [];
        if (added.ValueKind != JsonValueKind.Array)
            throw new ModelFolderException(path, "added_tokens is not a list; download it again");
        var tokens = new List<SpecialToken>();
        foreach (var entry in added.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.String ||
                !entry.TryGetProperty("id", out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt32(out var id) ||
                id is < 0 or int.MaxValue)
            {
                throw new ModelFolderException(path, "an added token has no content or no id; download it again");
            }

            // An empty one would be found everywhere in a text, again and again.
            var name = BpeFiles.Text(path, content);
            if (name.Length == 0)
                throw new ModelFolderException(path, "an added token is empty; download it again");
            tokens.Add(Token(name, id, entry));
        }

        return tokens;
    }

    /// <summary>A token with the rules of its entry.</summary>
    public static SpecialToken Token(string name, int id, JsonElement entry) =>
        new(name, id, IsTrue(entry, "lstrip"), IsTrue(entry, "rstrip"), IsPrinted: !IsTrue(entry, "special"));

    /// <summary>Gives the tokens their ids.</summary>
    /// <exception cref="ModelFolderException">The vocabulary gives a token another id, or an id to another token.</exception>
    public static void Add(string path, IEnumerable<SpecialToken> tokens, Dictionary<string, int> ids)
    {
        var taken = ids.Values.ToHashSet();
        foreach (var token in tokens)
        {
            if (ids.TryGetValue(token.Name, out var known) ? known != token.Id : !taken.Add(token.Id))
            {
                throw new ModelFolderException(
                    path, $"the added token {Printable.Quote(token.Name)} has the id {token.Id}, which the vocabulary gives otherwise; download it again");
            }

            ids[token.Name] = token.Id;
        }
    }

    private static bool IsTrue(JsonElement entry, string flag) =>
        entry.TryGetProperty(flag, out var value) && value.ValueKind == JsonValueKind.True;
}
