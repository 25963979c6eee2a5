namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Maps the names that BERT checkpoints use to the canonical ones.</summary>
internal static class BertNames
{
    public const string Prefix = "bert.";

    private static readonly string[] TrunkParts = ["embeddings.", "encoder.", "pooler."];
    private static readonly string[] Buffers = ["embeddings.position_ids", "embeddings.token_type_ids"];
    private static readonly (string Old, string New)[] OldSuffixes =
        [("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")];

    /// <summary>The canonical form of a name: prefixed with <c>bert.</c> and without the old LayerNorm names.</summary>
    public static string Canonical(string name)
    {
        string prefixed = IsBareTrunk(name) ? Prefix + name : name;
        foreach ((string old, string current) in OldSuffixes)
        {
            if (prefixed.EndsWith("." + old, StringComparison.Ordinal))
                return string.Concat(prefixed.AsSpan(0, prefixed.Length - old.Length), current);
        }

        return prefixed;
    }

    /// <summary>Whether the name is of the trunk and lacks the prefix.</summary>
    public static bool IsBareTrunk(string name) =>
        TrunkParts.Any(part => name.StartsWith(part, StringComparison.Ordinal));

    /// <summary>Whether the name is of a constant index buffer, which old versions stored and nobody needs.</summary>
    public static bool IsBuffer(string name)
    {
        ReadOnlySpan<char> bare = name.StartsWith(Prefix, StringComparison.Ordinal) ? name.AsSpan(Prefix.Length) : name;
        foreach (string buffer in Buffers)
        {
            if (bare.SequenceEqual(buffer))
                return true;
        }

        return false;
    }
}
