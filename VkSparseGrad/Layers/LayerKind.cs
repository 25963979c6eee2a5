namespace VkSparseGrad.Layers;

/// <summary>A linear layer's place in a block.</summary>
public enum LayerKind
{
    /// <summary>The MLP's first layer: <c>intermediate.dense</c>, LLaMA's <c>up_proj</c>.</summary>
    Intermediate,

    /// <summary>The MLP's last layer: <c>output.dense</c>, LLaMA's <c>down_proj</c>.</summary>
    Output,

    /// <summary><c>attention.self.query</c>, <c>q_proj</c>.</summary>
    Query,

    /// <summary><c>attention.self.key</c>, <c>k_proj</c>.</summary>
    Key,

    /// <summary><c>attention.self.value</c>, <c>v_proj</c>.</summary>
    Value,

    /// <summary><c>attention.output.dense</c>, <c>o_proj</c>.</summary>
    AttentionOutput,

    /// <summary>The layer beside the MLP's first, which gates it: LLaMA's <c>gate_proj</c>. BERT has none.</summary>
    Gate,
}
