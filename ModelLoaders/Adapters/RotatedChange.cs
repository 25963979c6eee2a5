using VkSparseGrad.Kernels;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>SparseGrad's: Q Δ Pᵀ with a Δ that is zero but at a few places.</summary>
/// <param name="Name">The canonical name of the dense weight.</param>
/// <param name="Kind">Names its bases.</param>
/// <param name="SmallSideIsInput">Whether the small side is the input.</param>
/// <param name="Small">d.</param>
/// <param name="Large">D, at most <see cref="LongestSide"/>.</param>
/// <param name="Entries">Places that moved, at most d · D.</param>
internal sealed record RotatedChange(string Name, string Kind, bool SmallSideIsInput, int Small, int Large, int Entries) : WeightChange(Name)
{
    /// <summary>The longest side whose basis fits an array.</summary>
    public const int LongestSide = 46_340;

    /// <summary>D_out.</summary>
    public int Outputs => SmallSideIsInput ? Large : Small;

    /// <summary>D_in.</summary>
    public int Inputs => SmallSideIsInput ? Small : Large;

    public override IReadOnlyList<long> StatedShape => [Outputs, Inputs];

    public override IEnumerable<AdapterTensor> Tensors(IReadOnlyList<long> shape) =>
    [
        new(SparseNames.OutputBasis(Kind), [Outputs, Outputs]),
        new(SparseNames.InputBasis(Kind), [Inputs, Inputs]),
        new(SparseNames.Values(Name), [Entries]),
        new(SparseNames.Indices(Name), [Entries], HoldsIndices: true),
    ];

    public override void AddTo(AdapterReader reader, IReadOnlyList<long> shape, Span<float> weight)
    {
        // A tensor of no elements cannot be on a device.
        if (Entries == 0)
            return;
        IKernels kernels = reader.Kernels;
        uint[] places = Array.ConvertAll(reader.Indices(SparseNames.Indices(Name), (long)Small * Large), index => (uint)index);
        SparseGradBasis basis = reader.Basis(this);
        using Tensor indices = kernels.FromArray(places);
        using Tensor values = kernels.FromArray(Shape.Vector(places.Length), reader.Floats(SparseNames.Values(Name)));
        using Tensor halfRotated = kernels.Zeros(new Shape(Small, Large), MemoryCategory.Scratch);
        using Tensor starts = kernels.Allocate(Shape.Vector(Small + 1), DType.UInt32, MemoryCategory.Scratch);
        kernels.SparseScatter(indices, values, basis.Large, starts, halfRotated);

        using Tensor dense = kernels.FromArray(new Shape(Outputs, Inputs), weight);
        if (SmallSideIsInput)
            kernels.Matmul(halfRotated, true, basis.Small, false, null, dense, accumulate: true);
        else
            kernels.Matmul(basis.Small, true, halfRotated, false, null, dense, accumulate: true);
        kernels.Download(dense, weight);
    }
}
