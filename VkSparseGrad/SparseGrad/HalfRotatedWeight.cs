using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>A layer's weight W [D_out, D_in], kept as H [d, D]: rotated on its small side and not on its large one.</summary>
/// <remarks>
/// Up-projection (small side in): H = Pᵀ Wᵀ. Down-projection: H = Qᵀ W. The coefficients of the gradient in the rotated basis
/// form a matrix [d, D] with C[s, l]; the k of largest magnitude are kept and trained by SparseAdam, and a step on C[s, l] is
/// added to H as a multiple of row l of the large basis in row s. This gives the values of the published layer, which keeps
/// the fully rotated weight, with fewer multiplications a pass.
/// </remarks>
public sealed class HalfRotatedWeight : IDisposable
{
    /// <summary>Rotates a dense weight.</summary>
    /// <param name="kernels">Where the weight lives.</param>
    /// <param name="name">The canonical name of the dense weight.</param>
    /// <param name="dense">[D_out, D_in].</param>
    /// <param name="basis">Of the layer's kind. Stays the caller's.</param>
    /// <param name="kept">How many coefficients to keep, 1 to D_out D_in.</param>
    public HalfRotatedWeight(IKernels kernels, string name, Tensor dense, SparseGradBasis basis, int kept)
    {
        ArgumentNullException.ThrowIfNull(dense);
        ArgumentNullException.ThrowIfNull(basis);
        ArgumentOutOfRangeException.ThrowIfLessThan(kept, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(kept, dense.Length);
        Name = name;
        Basis = basis;
        Kept = kept;
        using var scope = new DisposeScope();
        Value = scope.Add(Rotate(kernels, dense, basis, MemoryCategory.Weights));
        Moment1 = scope.Add(kernels.Zeros(Value.Shape, MemoryCategory.Optimizer));
        Moment2 = scope.Add(kernels.Zeros(Value.Shape, MemoryCategory.Optimizer));
        scope.Keep();
    }

    /// <summary>The canonical name of the dense weight.</summary>
    public string Name { get; }

    /// <summary>The bases of the layer's kind.</summary>
    public SparseGradBasis Basis { get; }

    /// <summary>H [d, D].</summary>
    public Tensor Value { get; }

    /// <summary>SparseAdam's first moments of the coefficients, [d, D].</summary>
    public Tensor Moment1 { get; }

    /// <summary>SparseAdam's second moments of the coefficients, [d, D].</summary>
    public Tensor Moment2 { get; }

    /// <summary>How many coefficients each step keeps.</summary>
    public int Kept { get; }

    /// <summary>Whether the weight is trained.</summary>
    public bool IsTrainable { get; set; } = true;

    /// <summary>Whether the small side is the input.</summary>
    public bool SmallSideIsInput => Basis.SmallSideIsInput;

    /// <summary>The shape [D_out, D_in] of the dense weight.</summary>
    public Shape DenseShape => SmallSideIsInput ? Value.Shape.Transposed : Value.Shape;

    /// <summary>The kept coefficients of the step under way, or null.</summary>
    public SparseGradient? Gradient { get; private set; }

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

    /// <summary>Computes the coefficients of this step's gradient and keeps the largest.</summary>
    /// <param name="kernels">Where the weight lives.</param>
    /// <param name="small">[T, d]: what meets H on its small side, rotated (x̃ or dỹ).</param>
    /// <param name="large">[T, D]: what meets H on its large side (dy or x).</param>
    internal void SelectGradient(IKernels kernels, Tensor small, Tensor large)
    {
        using Tensor coefficients = Coefficients(kernels, small, large);
        ClearGradient();
        using var scope = new DisposeScope();
        Tensor indices = scope.Add(kernels.Allocate(Shape.Vector(Kept), DType.UInt32, MemoryCategory.Gradients));
        Tensor values = scope.Add(kernels.Allocate(Shape.Vector(Kept), MemoryCategory.Gradients));
        kernels.TopK(coefficients, indices, values);
        scope.Keep();
        Gradient = new SparseGradient(indices, values);
    }

    /// <summary>C [d, D], in whichever order of multiplication is cheaper. With T rows: rotating the large activation first costs
    /// T D² + T d D; forming the gradient first costs T d D + d D².</summary>
    internal Tensor Coefficients(IKernels kernels, Tensor small, Tensor large)
    {
        using var scope = new DisposeScope();
        Tensor coefficients = scope.Add(kernels.Allocate(Value.Shape, MemoryCategory.Gradients));
        if (small.Rows < small.Columns)
        {
            using Tensor rotated = kernels.Allocate(large.Shape, MemoryCategory.Scratch);
            kernels.Matmul(large, false, Basis.Large, true, null, rotated);
            kernels.Matmul(small, true, rotated, false, null, coefficients);
        }
        else
        {
            using Tensor halfRotated = kernels.Allocate(Value.Shape, MemoryCategory.Scratch);
            kernels.Matmul(small, true, large, false, null, halfRotated);
            kernels.Matmul(halfRotated, false, Basis.Large, true, null, coefficients);
        }

        scope.Keep();
        return coefficients;
    }

    /// <summary>Forgets the kept coefficients.</summary>
    public void ClearGradient()
    {
        Gradient?.Dispose();
        Gradient = null;
    }

    /// <summary>Frees the weight and its moments. The basis is shared and stays.</summary>
    public void Dispose()
    {
        ClearGradient();
        Value.Dispose();
        Moment1.Dispose();
        Moment2.Dispose();
    }
}

/// <summary>The kept coefficients of a gradient.</summary>
/// <param name="Indices">[1, k]: s D + l, rising.</param>
/// <param name="Values">[1, k].</param>
public sealed record SparseGradient(Tensor Indices, Tensor Values) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Indices.Dispose();
        Values.Dispose();
    }
}
