using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>The two orthogonal bases of one kind of layer, shared by all its blocks.</summary>
/// <remarks>Chekalina et al., "SparseGrad", EMNLP 2024: the factors of the higher-order SVD of stacked gradients, which are the
/// eigenvectors of Σ G Gᵀ (output side, Q) and Σ Gᵀ G (input side, P). Here they are kept as rows and called by the size of
/// their side, since weights are rotated on their small side at most.</remarks>
public sealed class SparseGradBasis : IDisposable
{
    private SparseGradBasis(bool smallSideIsInput, Tensor small, Tensor large)
    {
        SmallSideIsInput = smallSideIsInput;
        Small = small;
        Large = large;
    }

    /// <summary>Whether the small side is the input (an up-projection) or the output (a down-projection).</summary>
    public bool SmallSideIsInput { get; }

    /// <summary>[d, d]: row s is the s-th basis vector of the small side.</summary>
    public Tensor Small { get; }

    /// <summary>[D, D]: row l is the l-th basis vector of the large side.</summary>
    public Tensor Large { get; }

    /// <summary>Qᵀ [D_out, D_out]: row i is the i-th basis vector of the output side.</summary>
    public Tensor Output => SmallSideIsInput ? Large : Small;

    /// <summary>Pᵀ [D_in, D_in]: row j is the j-th basis vector of the input side.</summary>
    public Tensor Input => SmallSideIsInput ? Small : Large;

    /// <summary>Uploads bases.</summary>
    /// <param name="kernels">Where the layers live.</param>
    /// <param name="outputs">D_out of the layers.</param>
    /// <param name="inputs">D_in of the layers.</param>
    /// <param name="outputVectors">Qᵀ, row-major: D_out rows of D_out.</param>
    /// <param name="inputVectors">Pᵀ, row-major: D_in rows of D_in.</param>
    public static SparseGradBasis Create(
        IKernels kernels, int outputs, int inputs, ReadOnlySpan<float> outputVectors, ReadOnlySpan<float> inputVectors)
    {
        using var scope = new DisposeScope();
        SparseGradBasis basis = scope.Add(Undefined(kernels, outputs, inputs));
        kernels.Upload(outputVectors, basis.Output);
        kernels.Upload(inputVectors, basis.Input);
        scope.Keep();
        return basis;
    }

    /// <summary>Bases whose values are yet to be written.</summary>
    internal static SparseGradBasis Undefined(IKernels kernels, int outputs, int inputs)
    {
        using var scope = new DisposeScope();
        Tensor output = scope.Add(kernels.Allocate(new Shape(outputs, outputs), MemoryCategory.Basis));
        Tensor input = scope.Add(kernels.Allocate(new Shape(inputs, inputs), MemoryCategory.Basis));
        scope.Keep();
        bool smallSideIsInput = inputs <= outputs;
        return smallSideIsInput ? new SparseGradBasis(true, input, output) : new SparseGradBasis(false, output, input);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Small.Dispose();
        Large.Dispose();
    }
}
