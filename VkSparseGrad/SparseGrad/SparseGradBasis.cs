using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>The two orthogonal bases of one kind of layer, shared by all its blocks.</summary>
/// <remarks>
/// Chekalina et al., "SparseGrad", EMNLP 2024: the factors of the higher-order SVD of stacked gradients, which are the
/// eigenvectors of Σ G Gᵀ (output side, Q) and Σ Gᵀ G (input side, P). Here they are kept as rows and called by the size of
/// their side, since weights are rotated on their small side at most.
/// The large basis only says along which vectors a weight is updated, so these may be rounded: where a selection copies some of
/// them for every use, all are kept in 16 bits, and what is computed is exact for the rounded vectors.
/// </remarks>
public sealed class SparseGradBasis : IDisposable
{
    private SparseGradBasis(bool smallSideIsInput, Tensor small, Tensor large, Tensor places)
    {
        SmallSideIsInput = smallSideIsInput;
        Small = small;
        Large = large;
        Places = places;
    }

    /// <summary>Whether the small side is the input (an up-projection) or the output (a down-projection).</summary>
    public bool SmallSideIsInput { get; }

    /// <summary>d, the length of the small side.</summary>
    public int SmallSide => Small.Rows;

    /// <summary>D, the length of the large side.</summary>
    public int LargeSide => Large.Rows;

    /// <summary>[d, d]: row s is the s-th basis vector of the small side.</summary>
    public Tensor Small { get; }

    /// <summary>[D, D]: row l is the l-th basis vector of the large side. Where they are kept in 16 bits, [D, D / 2] integers: two
    /// values of <see cref="HalfFormat.Float16"/> a word, the first in the low half.</summary>
    public Tensor Large { get; }

    /// <summary>Whether the large basis is kept in 16 bits.</summary>
    public bool KeepsHalves => Large.Type == DType.UInt32;

    private HalfFormat? Halves => KeepsHalves ? HalfFormat.Float16 : null;

    /// <summary>Qᵀ [D_out, D_out], as it is kept: row i is the i-th basis vector of the output side.</summary>
    public Tensor Output => SmallSideIsInput ? Large : Small;

    /// <summary>Pᵀ [D_in, D_in], as it is kept: row j is the j-th basis vector of the input side.</summary>
    public Tensor Input => SmallSideIsInput ? Small : Large;

    /// <summary>[1, D]: 0 to D - 1.</summary>
    internal Tensor Places { get; }

    /// <summary>Uploads bases.</summary>
    /// <param name="kernels">Where the layers live.</param>
    /// <param name="outputs">D_out of the layers.</param>
    /// <param name="inputs">D_in of the layers.</param>
    /// <param name="outputVectors">Qᵀ, row-major: D_out rows of D_out.</param>
    /// <param name="inputVectors">Pᵀ, row-major: D_in rows of D_in.</param>
    /// <param name="keepsHalves">Whether to round the large one to 16 bits. D is even then.</param>
    /// <exception cref="ArgumentException">D is odd.</exception>
    public static SparseGradBasis Create(
        IKernels kernels, int outputs, int inputs, ReadOnlySpan<float> outputVectors, ReadOnlySpan<float> inputVectors,
        bool keepsHalves = false)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        using var scope = DisposeScope.Open();
        SparseGradBasis basis = scope.Add(Undefined(kernels, outputs, inputs, keepsHalves));
        kernels.Upload(basis.SmallSideIsInput ? inputVectors : outputVectors, basis.Small);
        ReadOnlySpan<float> large = basis.SmallSideIsInput ? outputVectors : inputVectors;
        if (keepsHalves)
        {
            using var words = new HostBuffer<uint>(basis.Large.Length);
            Round(large, words.Span);
            kernels.Upload(words.Span, basis.Large);
        }
        else
        {
            kernels.Upload(large, basis.Large);
        }

        scope.Keep();
        return basis;
    }

    /// <summary>Bases whose values are yet to be written.</summary>
    internal static SparseGradBasis Undefined(IKernels kernels, int outputs, int inputs, bool keepsHalves)
    {
        (int small, int large) = (Math.Min(outputs, inputs), Math.Max(outputs, inputs));
        if (keepsHalves && large % 2 != 0)
        {
            throw new ArgumentException($"Vectors of {large} values do not fill words of two.", nameof(keepsHalves));
        }

        using var scope = DisposeScope.Open();
        var basis = new SparseGradBasis(
            inputs <= outputs,
            scope.Add(kernels.Allocate(new Shape(small, small), MemoryCategory.Basis)),
            scope.Add(keepsHalves
                ? kernels.Allocate(new Shape(large, large / 2), DType.UInt32, MemoryCategory.Basis)
                : kernels.Allocate(new Shape(large, large), MemoryCategory.Basis)),
            scope.Add(kernels.FromArray([.. Enumerable.Range(0, large).Select(place => (uint)place)], MemoryCategory.Basis)));
        scope.Keep();
        return basis;
    }

    /// <summary>Whether the large basis is kept in 16 bits: where the steps use copies of some of its vectors.</summary>
    /// <param name="selection">How entries are chosen.</param>
    /// <param name="weight">[D_out, D_in] of the kind's weights.</param>
    /// <param name="kept">Entries of each that a step updates.</param>
    internal static bool HalvesSuffice(Selection selection, Shape weight, int kept)
    {
        (int small, int large) = (Math.Min(weight.Rows, weight.Columns), Math.Max(weight.Rows, weight.Columns));
        return selection.Entries(small, large, kept) < large && large % 2 == 0;
    }

    /// <summary>Reads Qᵀ, D_out rows of D_out. Waits for the device.</summary>
    public void ReadOutput(IKernels kernels, Span<float> destination) => Read(kernels, SmallSideIsInput, destination);

    /// <summary>Reads Pᵀ, D_in rows of D_in. Waits for the device.</summary>
    public void ReadInput(IKernels kernels, Span<float> destination) => Read(kernels, !SmallSideIsInput, destination);

    /// <summary>The large basis [D, D] as 32-bit floats.</summary>
    internal WidenedWeight WidenLarge(IKernels kernels) => WidenedWeight.Of(kernels, Large, Halves, new Shape(LargeSide, LargeSide));

    /// <summary>Some vectors of the large basis.</summary>
    /// <param name="kernels">Where the basis lives.</param>
    /// <param name="coordinates">[1, R]: which.</param>
    /// <returns>[R, D], the caller's.</returns>
    internal Tensor LargeVectors(IKernels kernels, Tensor coordinates)
    {
        using var scope = DisposeScope.Open();
        Tensor vectors = scope.Add(kernels.Rent(new Shape(coordinates.Columns, LargeSide), MemoryCategory.Scratch));
        kernels.GatherRows(Large, Halves, coordinates, vectors);
        scope.Keep();
        return vectors;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Small.Dispose();
        Large.Dispose();
        Places.Dispose();
    }

    private static void Round(ReadOnlySpan<float> values, Span<uint> words)
    {
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = BitConverter.HalfToUInt16Bits((Half)values[2 * i]) | (uint)BitConverter.HalfToUInt16Bits((Half)values[2 * i + 1]) << 16;
        }
    }

    private void Read(IKernels kernels, bool isLarge, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        if (!isLarge)
        {
            kernels.Download(Small, destination);
            return;
        }

        using WidenedWeight wide = WidenLarge(kernels);
        kernels.Download(wide.Value, destination);
    }
}
