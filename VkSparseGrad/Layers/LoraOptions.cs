namespace VkSparseGrad.Layers;

/// <summary>Settings of LoRA. Hu et al., arXiv:2106.09685.</summary>
public sealed record LoraOptions
{
    /// <summary>Rank of the product that is added to a weight, at least 1.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>The product is scaled by alpha / rank; null for an alpha equal to twice the rank.</summary>
    public double? Alpha { get; init; }

    /// <summary>Dropout on the input of the product, 0 to below 1.</summary>
    public double Dropout { get; init; }

    /// <summary>The layers, by their place in a block.</summary>
    public IReadOnlyList<LayerKind> Targets { get; init; } = [LayerKind.Intermediate, LayerKind.Output];

    /// <summary>Alpha / rank.</summary>
    public double Scale => Alpha is double alpha ? alpha / Rank : 2;
}
