namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>The change of one weight [D_out, D_in] of the base, kept in fewer values than the weight has.</summary>
/// <param name="Name">The canonical name of the weight.</param>
internal abstract record WeightChange(string Name)
{
    /// <summary>The shape that the adapter states for the weight; null where it states none.</summary>
    public abstract IReadOnlyList<long>? StatedShape { get; }

    /// <summary>The tensors that hold the change of a weight of this shape.</summary>
    public abstract IEnumerable<AdapterTensor> Tensors(IReadOnlyList<long> shape);

    /// <summary>Adds the change to the base's weight. Waits for the device.</summary>
    public abstract void AddTo(AdapterReader reader, IReadOnlyList<long> shape, Span<float> weight);
}

/// <summary>A tensor that an adapter must have.</summary>
internal sealed record AdapterTensor(string Name, IReadOnlyList<long> Shape, bool HoldsIndices = false);
