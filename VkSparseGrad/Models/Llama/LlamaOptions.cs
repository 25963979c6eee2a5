namespace VkSparseGrad.Models.Llama;

/// <summary>Which layers of a LLaMA a training method adapts, and how the others are kept.</summary>
public sealed record LlamaOptions
{
    /// <summary>Numbers of the blocks whose MLP layers are adapted; null for all.</summary>
    public IReadOnlyList<int>? Blocks { get; init; }

    /// <summary>Whether <c>gate_proj</c> is adapted as well, beside <c>up_proj</c> and <c>down_proj</c>.</summary>
    public bool AdaptsGate { get; init; }

    /// <summary>Whether 16-bit matrices of the checkpoint stay so, and frozen, but for those of the adapted layers. Otherwise all
    /// are 32-bit.</summary>
    public bool KeepsHalves { get; init; }

    /// <summary>Whether training changes the adapted layers' own weights; LoRA does not. Where it does not, these stay in 16 bits too.</summary>
    public bool ChangesWeights { get; init; } = true;

    /// <summary>Whether a matrix is frozen whatever is trained of what these options adapt, and so may stay in 16 bits.</summary>
    internal Func<string, bool>? StaysHalf(LlamaConfig config)
    {
        if (!KeepsHalves)
        {
            return null;
        }

        string[] layers = AdaptsGate ? ["up_proj", "down_proj", "gate_proj"] : ["up_proj", "down_proj"];
        HashSet<string> adapted =
        [
            LlamaNames.Classifier,
            .. !ChangesWeights ? [] : (Blocks ?? [.. Enumerable.Range(0, config.Layers)])
                .SelectMany(block => layers.Select(layer => $"{LlamaNames.Block(block)}.mlp.{layer}.weight")),
        ];
        return name => !adapted.Contains(name);
    }

    /// <summary>Throws where a block is not in the model, or named twice.</summary>
    /// <exception cref="ArgumentException">A block is not in the model, or named twice, or there is none.</exception>
    public void Check(LlamaConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (Blocks is null)
        {
            return;
        }

        if (Blocks.Count == 0)
        {
            throw new ArgumentException("No block is to be adapted; name at least one.");
        }

        foreach (int block in Blocks)
        {
            if (block < 0 || block >= config.Layers)
            {
                throw new ArgumentException($"The model has the blocks 0 to {config.Layers - 1}; there is no block {block}.");
            }
        }

        if (Blocks.Distinct().Count() < Blocks.Count)
        {
            throw new ArgumentException("A block is named twice among those to be adapted.");
        }
    }
}
