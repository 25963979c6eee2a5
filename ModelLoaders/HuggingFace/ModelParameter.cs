namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>One parameter of a model.</summary>
/// <param name="Name">The canonical name.</param>
/// <param name="Shape">The dimensions, outermost first.</param>
public abstract record ModelParameter(string Name, IReadOnlyList<long> Shape)
{
    /// <summary>Whether it belongs to the classification head, which depends on the task.</summary>
    public abstract bool IsHead { get; }

    /// <summary>Whether it may be absent from a checkpoint.</summary>
    public virtual bool IsOptional => IsHead;

    /// <summary>The number of elements.</summary>
    public long ElementCount => Shape.Aggregate(1L, (product, dimension) => checked(product * dimension));
}
