namespace VkSparseGrad.Layers;

/// <summary>A linear layer's place in a block.</summary>
public enum LayerKind
{
    /// <summary>The MLP's first layer, <c>intermediate.dense</c>.</summary>
    Intermediate,

    /// <summary>The MLP's second layer, <c>output.dense</c>.</summary>
    Output,

    /// <summary><c>attention.self.query</c>.</summary>
    Query,

    /// <summary><c>attention.self.key</c>.</summary>
    Key,

    /// <summary><c>attention.self.value</c>.</summary>
    Value,

    /// <summary><c>attention.output.dense</c>.</summary>
    AttentionOutput,
}
