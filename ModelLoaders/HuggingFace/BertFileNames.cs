using VkSparseGrad.Models;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Maps the names that a family's checkpoints use to the canonical ones.</summary>
/// <param name="names">The family's.</param>
internal sealed class BertFileNames(BertNames names) : IFileNames
{
    private static readonly string[] TrunkParts = ["embeddings.", "encoder.", "pooler."];
    private static readonly string[] Buffers = ["embeddings.position_ids", "embeddings.token_type_ids"];
    private static readonly (string Old, string New)[] OldSuffixes =
        [("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")];

    public string Model => names.Model;

    /// <summary>The canonical form of a name: prefixed with <c>bert.</c> or <c>roberta.</c> and without the old LayerNorm names.</summary>
    public string Canonical(string name)
    {
        string prefixed = WithPrefix(name);
        foreach ((string old, string current) in OldSuffixes)
        {
            if (prefixed.EndsWith("." + old, StringComparison.Ordinal))
                return string.Concat(prefixed.AsSpan(0, prefixed.Length - old.Length), current);
        }

        return prefixed;
    }

    /// <summary>A name with the trunk's prefix, where it is of the trunk.</summary>
    public string WithPrefix(string name) => IsBareTrunk(name) ? names.Prefix + name : name;

    /// <summary>A name without the trunk's prefix.</summary>
    public string WithoutPrefix(string name) => name.StartsWith(names.Prefix, StringComparison.Ordinal) ? name[names.Prefix.Length..] : name;

    /// <summary>Whether the name is of the trunk and lacks the prefix.</summary>
    public static bool IsBareTrunk(string name) =>
        TrunkParts.Any(part => name.StartsWith(part, StringComparison.Ordinal));

    /// <summary>Whether the name is of a constant index buffer, which old versions stored and nobody needs.</summary>
    public bool IsBuffer(string name)
    {
        return Buffers.Contains(WithoutPrefix(name));
    }
}
