using VkSparseGrad.Kernels;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>A layer's weight W [D_out, D_in], kept as H [d, D]: rotated on its small side and not on its large one.</summary>
/// <remarks>
/// Up-projection (small side in): H = Pᵀ Wᵀ. Down-projection: H = Qᵀ W. The coefficients of the gradient in the rotated basis
/// form a matrix [d, D] with C[s, l]; the k of largest magnitude are kept and trained by SparseAdam, and a step on C[s, l] is
/// added to H as a multiple of row l of the large basis in row s. This gives the values of the published layer, which keeps
/// the fully rotated weight, with fewer multiplications a pass.
/// </remarks>
public sealed class HalfRotatedWeight : ISparseWeight
{
    private readonly IKernels kernels;
    private readonly CoefficientSelector selector;
    private readonly Tensor starts;

    /// <summary>Rotates a dense weight.</summary>
    /// <param name="kernels">Where the weight lives.</param>
    /// <param name="name">The canonical name of the dense weight.</param>
    /// <param name="dense">[D_out, D_in].</param>
    /// <param name="basis">Of the layer's kind. Stays the caller's.</param>
    /// <param name="kept">How many coefficients to keep, 1 to D_out D_in.</param>
    /// <param name="selection">How they are chosen.</param>
    public HalfRotatedWeight(
        IKernels kernels, string name, Tensor dense, SparseGradBasis basis, int kept, Selection selection)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(dense);
        ArgumentNullException.ThrowIfNull(basis);
        ArgumentNullException.ThrowIfNull(selection);
        ArgumentOutOfRangeException.ThrowIfLessThan(kept, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(kept, dense.Length);
        this.kernels = kernels;
        Name = name;
        Basis = basis;
        using var scope = new DisposeScope();
        Value = scope.Add(Rotate(kernels, dense, basis, MemoryCategory.Weights));
        selector = scope.Add(new CoefficientSelector(kernels, basis, kept, selection));
        Marks = scope.Add(kernels.FromArray(new uint[(int)((Value.Length + 31) / 32)], MemoryCategory.Optimizer));
        starts = scope.Add(kernels.Allocate(Shape.Vector(Value.Rows + 1), DType.UInt32, MemoryCategory.Optimizer));
        scope.Keep();
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The bases of the layer's kind.</summary>
    public SparseGradBasis Basis { get; }

    /// <summary>H [d, D].</summary>
    public Tensor Value { get; }

    /// <summary>SparseAdam's first moments [d, R] of the R coordinates of the large side that can be chosen. Valid until the
    /// next step: a refresh makes them anew.</summary>
    public Tensor Moment1 => selector.Moment1;

    /// <summary>SparseAdam's second moments [d, R]. Valid until the next step.</summary>
    public Tensor Moment2 => selector.Moment2;

    /// <inheritdoc/>
    public int Kept => selector.Kept;

    /// <summary>Whether the weight is trained.</summary>
    public bool IsTrainable { get; set; } = true;

    /// <summary>Whether the small side is the input.</summary>
    public bool SmallSideIsInput => Basis.SmallSideIsInput;

    /// <summary>The shape [D_out, D_in] of the dense weight.</summary>
    public Shape DenseShape => SmallSideIsInput ? Value.Shape.Transposed : Value.Shape;

    /// <inheritdoc/>
    public SparseGradient? Gradient => selector.Gradient;

    /// <summary>Integers, a bit for each of the d D coefficients: whether a step has ever chosen it.</summary>
    internal Tensor Marks { get; }

    /// <summary>What chooses the coefficients.</summary>
    internal CoefficientSelector Selector => selector;

    /// <summary>The share of the gradient's energy (the sum of squares) that the kept coefficients held, over all refreshes so
    /// far; not a number before the first. Waits for the device.</summary>
    public double KeptEnergy()
    {
        float[] sums = kernels.ToArray(selector.Energy);
        double kept = 0, all = 0;
        for (int i = 0; i < IKernels.NormPartials; i++)
        {
            kept += sums[i];
            all += sums[IKernels.NormPartials + i];
        }

        return kept / all;
    }

    /// <inheritdoc/>
    public void BeginStep(int step, int batches) => selector.BeginStep(step, batches);

    /// <inheritdoc/>
    public void Apply(Tensor delta)
    {
        kernels.SparseScatter(Gradient!.Indices, delta, Basis.Large, selector.Coordinates, starts, Value);
        kernels.MarkEntries(Gradient.Indices, delta, selector.Coordinates, Value.Columns, Marks);
    }

    /// <summary>H of a dense weight.</summary>
    public static Tensor Rotate(IKernels kernels, Tensor dense, SparseGradBasis basis, MemoryCategory category)
    {
        ArgumentNullException.ThrowIfNull(dense);
        ArgumentNullException.ThrowIfNull(basis);
        using var scope = new DisposeScope();
        Tensor rotated = scope.Add(kernels.Allocate(new Shape(basis.Small.Rows, basis.Large.Rows), category));
        kernels.Matmul(basis.Small, false, dense, basis.SmallSideIsInput, null, rotated);
        scope.Keep();
        return rotated;
    }

    /// <summary>The dense weight: W = Hᵀ Pᵀ or Q H.</summary>
    /// <returns>[D_out, D_in], the caller's.</returns>
    public Tensor ToDense(IKernels kernels)
    {
        using var scope = new DisposeScope();
        Tensor dense = scope.Add(kernels.Allocate(DenseShape, MemoryCategory.Scratch));
        if (SmallSideIsInput)
        {
            kernels.Matmul(Value, true, Basis.Small, false, null, dense);
        }
        else
        {
            kernels.Matmul(Basis.Small, true, Value, false, null, dense);
        }

        scope.Keep();
        return dense;
    }

    /// <summary>Adds a batch to the gradient of the step under way.</summary>
    /// <param name="small">[T, d]: what meets H on its small side, rotated (x̃ or dỹ).</param>
    /// <param name="large">[T, D]: what meets H on its large side (dy or x).</param>
    internal void AddGradient(Tensor small, Tensor large) => selector.Add(small, large);

    /// <inheritdoc/>
    public void ClearGradient() => selector.Clear();

    /// <summary>Frees the weight and its moments. The basis is shared and stays.</summary>
    public void Dispose()
    {
        selector.Dispose();
        Value.Dispose();
        Marks.Dispose();
        starts.Dispose();
    }
}
