namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>MeProp's: a difference that is zero but at a few places, in no basis.</summary>
/// <param name="Name">The canonical name of the weight.</param>
/// <param name="Outputs">D_out.</param>
/// <param name="Inputs">D_in.</param>
/// <param name="Entries">Places that moved, at most D_out · D_in.</param>
internal sealed record SparseChange(string Name, int Outputs, int Inputs, int Entries) : WeightChange(Name)
{
    public override IReadOnlyList<long> StatedShape => [Outputs, Inputs];

    public override IEnumerable<AdapterTensor> Tensors(IReadOnlyList<long> shape) =>
    [
        new(SparseNames.Values(Name), [Entries]),
        new(SparseNames.Indices(Name), [Entries], HoldsIndices: true),
    ];

    public override void AddTo(AdapterReader reader, IReadOnlyList<long> shape, Span<float> weight)
    {
        long[] places = reader.Indices(SparseNames.Indices(Name), weight.Length);
        float[] values = reader.Floats(SparseNames.Values(Name));
        for (int i = 0; i < places.Length; i++)
            weight[(int)places[i]] += values[i];
    }
}
