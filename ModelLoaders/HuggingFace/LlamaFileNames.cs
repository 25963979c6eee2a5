using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Maps the names that LLaMA's checkpoints use to the canonical ones.</summary>
internal sealed class LlamaFileNames : IFileNames
{
    private static readonly string[] TrunkParts = ["embed_tokens.", "layers.", "norm."];

    public string Model => "LLaMA";

    public string Canonical(string name) => WithPrefix(name);

    public string WithPrefix(string name) => Prefixed(name);

    /// <inheritdoc cref="IFileNames.WithPrefix"/>
    public static string Prefixed(string name) => IsBareTrunk(name) ? LlamaNames.Prefix + name : name;

    /// <summary>Whether the name is of the trunk and lacks the prefix.</summary>
    public static bool IsBareTrunk(string name) => TrunkParts.Any(part => name.StartsWith(part, StringComparison.Ordinal));

    /// <summary>The rotary frequencies, which follow from the configuration.</summary>
    public bool IsBuffer(string name) => ("." + name).EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal);

    public string HintFor(string missing) => missing == LlamaNames.Output
        ? $"; {ConfigFile.FileName} does not tie the output layer to the embeddings (tie_word_embeddings)"
        : "";

    /// <summary>Whether the name is one that Meta's own files have.</summary>
    /// <remarks>
    /// Their queries and keys have the two halves of a rotated pair side by side, Hugging Face's half a head apart. Either order
    /// runs with the other's weights and computes nonsense, so the difference must not be guessed from shapes.
    /// </remarks>
    public static bool IsMetas(string name) =>
        name.StartsWith("tok_embeddings.", StringComparison.Ordinal)
        || name.EndsWith(".attention.wq.weight", StringComparison.Ordinal)
        || name.EndsWith(".attention.wk.weight", StringComparison.Ordinal);
}
