namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>One parameter of a BERT classifier.</summary>
/// <param name="Name">The canonical name, such as <c>bert.encoder.layer.0.output.dense.weight</c>.</param>
/// <param name="Shape">The dimensions, outermost first.</param>
public sealed record BertParameter(string Name, IReadOnlyList<long> Shape) : ModelParameter(Name, Shape)
{
    /// <inheritdoc/>
    public override bool IsHead => Name.StartsWith("classifier.", StringComparison.Ordinal);

    /// <summary>Whether it may be absent from a checkpoint: the head and the pooler, which pre-training may not have.</summary>
    public override bool IsOptional => IsHead || Name.StartsWith("bert.pooler.", StringComparison.Ordinal);
}
