using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>A layer's weight W [D_out, D_in] that SparseGrad trains, kept as it is or half-rotated: as H [d, D], rotated on its small
/// side and not on its large one.</summary>
/// <remarks>
/// Up-projection (small side in): H = Pᵀ Wᵀ. Down-projection: H = Qᵀ W. The coefficients of the gradient in the rotated basis
/// form a matrix [d, D] with C[s, l]; the k of largest magnitude are kept and trained by SparseAdam, and a step on C[s, l] is
/// added to H as a multiple of row l of the large basis in row s. This gives the values of the published layer, which keeps
/// the fully rotated weight, with fewer multiplications a pass. Where a step has many rows, rotating the coefficients and the steps on
/// them costs less than rotating an activation in each pass, and W stays as it is (<see cref="RotationPays"/>).
/// </remarks>
public sealed class SparseGradWeight : ISparseWeight, IDenseWeight
{
    private readonly IKernels kernels;
    private readonly CoefficientSelector selector;
    private readonly Tensor? starts;

    /// <summary>Takes a copy of a dense weight.</summary>
    /// <param name="kernels">Where the weight lives.</param>
    /// <param name="name">The canonical name of the dense weight.</param>
    /// <param name="dense">[D_out, D_in].</param>
    /// <param name="basis">Of the layer's kind. Stays the caller's.</param>
    /// <param name="kept">How many coefficients to keep, 1 to D_out D_in.</param>
    /// <param name="selection">How they are chosen.</param>
    /// <param name="isRotated">Whether the weight is kept half-rotated.</param>
    public SparseGradWeight(
        IKernels kernels, string name, Tensor dense, SparseGradBasis basis, int kept, Selection selection, bool isRotated = true)
        : this(kernels, name, dense, basis, kept, selection, isRotated, new PendingChoices(kernels))
    {
    }

    /// <summary>The same for one of several weights that choose together.</summary>
    internal SparseGradWeight(
        IKernels kernels, string name, Tensor dense, SparseGradBasis basis, int kept, Selection selection, bool isRotated,
        PendingChoices pending)
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
        IsRotated = isRotated;
        using var scope = DisposeScope.Open();
        Value = scope.Add(isRotated ? Rotate(kernels, dense, basis, MemoryCategory.Weights) : Copy(kernels, dense, MemoryCategory.Weights));
        selector = scope.Add(new CoefficientSelector(kernels, basis, kept, selection, isRotated, pending));
        Marks = scope.Add(kernels.FromArray(new uint[(int)((Value.Length + 31) / 32)], MemoryCategory.Optimizer));
        starts = isRotated ? scope.Add(kernels.Allocate(Shape.Vector(Value.Rows + 1), DType.UInt32, MemoryCategory.Optimizer)) : null;
        scope.Keep();
    }

    /// <summary>Whether a weight is better kept half-rotated, by the multiplications of a step: activations are rotated then (d² a row) and
    /// a step is added as rows of the basis (k D). Otherwise the sums of the coefficients [d, R] are rotated
    /// (d² R), and so are the steps on them (d² R), which are then multiplied with the R vectors of the basis (d R D).</summary>
    /// <param name="dense">[D_out, D_in].</param>
    /// <param name="kept">k.</param>
    /// <param name="selection">Says R.</param>
    /// <param name="rotatedRows">Rows of activations that would be rotated in a step.</param>
    internal static bool RotationPays(Shape dense, int kept, Selection selection, double rotatedRows)
    {
        double small = Math.Min(dense.Rows, dense.Columns), large = Math.Max(dense.Rows, dense.Columns);
        double entries = selection.Entries((int)small, (int)large, kept);
        return small * small * rotatedRows + kept * large <= 2 * small * small * entries + small * entries * large;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The bases of the layer's kind.</summary>
    public SparseGradBasis Basis { get; }

    /// <summary>Whether the weight is kept half-rotated.</summary>
    public bool IsRotated { get; }

    /// <summary>H [d, D], or else W [D_out, D_in].</summary>
    public Tensor Value { get; }

    /// <summary>The shape [d, D] of the coefficients.</summary>
    public Shape CoefficientShape => new(Basis.SmallSide, Basis.LargeSide);

    /// <summary>SparseAdam's first moments [d, R] of the R coordinates of the large side that can be chosen. Valid until the
    /// next step: a refresh makes them anew, in <see cref="MoveMoments"/>.</summary>
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
    public Shape DenseShape => SmallSideIsInput ? CoefficientShape.Transposed : CoefficientShape;

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
        return Sum(sums[..IKernels.NormPartials]) / Sum(sums[IKernels.NormPartials..]);

        static double Sum(float[] values) => values.Sum(value => (double)value);
    }

    /// <inheritdoc/>
    public void BeginStep(int step, int batches) => selector.BeginStep(step, batches);

    /// <inheritdoc/>
    public void MoveMoments() => selector.MoveMoments();

    /// <inheritdoc/>
    public void EnsureMemory()
    {
        // As Apply takes it, and in AddToDense as much again for copies that products make of their operands. What is given back here
        // is had again there.
        using var scope = DisposeScope.Open();
        var vectors = new Shape(Moment1.Columns, Basis.LargeSide);
        if (selector.Coordinates is not null || Basis.KeepsHalves)
        {
            scope.Add(kernels.Rent(vectors, MemoryCategory.Scratch));
        }

        if (!IsRotated)
        {
            scope.Add(kernels.Rent(Basis.Small.Shape, MemoryCategory.Scratch));
            scope.Add(kernels.Rent(vectors, MemoryCategory.Scratch));
            for (int copy = 0; copy < 2; copy++)
            {
                scope.Add(kernels.Rent(Moment1.Shape, MemoryCategory.Scratch));
                scope.Add(kernels.Rent(Moment1.Shape.Transposed, MemoryCategory.Scratch));
            }
        }
    }

    /// <inheritdoc/>
    public void Apply(Tensor delta)
    {
        using (WidenedWeight vectors = selector.ChosenVectors())
        {
            if (IsRotated)
            {
                kernels.SparseScatter(Gradient!.Value.Indices, delta, vectors.Value, starts!, Value);
            }
            else
            {
                AddToDense(delta, vectors.Value);
            }
        }

        kernels.MarkEntries(Gradient!.Value.Indices, delta, selector.Coordinates, CoefficientShape.Columns, Marks);
    }

    /// <summary>H of a dense weight.</summary>
    public static Tensor Rotate(IKernels kernels, Tensor dense, SparseGradBasis basis, MemoryCategory category)
    {
        ArgumentNullException.ThrowIfNull(dense);
        ArgumentNullException.ThrowIfNull(basis);
        using var scope = DisposeScope.Open();
        Tensor rotated = scope.Add(kernels.Allocate(new Shape(basis.SmallSide, basis.LargeSide), category));
        Rotate(kernels, dense, basis, rotated);
        scope.Keep();
        return rotated;
    }

    /// <summary>The same into a tensor [d, D].</summary>
    internal static void Rotate(IKernels kernels, Tensor dense, SparseGradBasis basis, Tensor rotated) =>
        kernels.Matmul(basis.Small, false, dense, basis.SmallSideIsInput, null, rotated);

    /// <summary>The dense weight: W = Hᵀ Pᵀ or Q H where it is kept half-rotated.</summary>
    /// <returns>[D_out, D_in], the caller's.</returns>
    public Tensor ToDense(IKernels kernels)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        if (!IsRotated)
        {
            return Copy(kernels, Value, MemoryCategory.Scratch);
        }

        using var scope = DisposeScope.Open();
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
    /// <param name="small">[T, d]: what meets the weight on its small side (x or dy), rotated where the weight is.</param>
    /// <param name="large">[T, D]: what meets the weight on its large side (dy or x).</param>
    internal void AddGradient(Tensor small, Tensor large) => selector.Add(small, large);

    Shape IDenseWeight.Shape => DenseShape;

    ProductOperand IDenseWeight.Operand(IKernels kernels) => ProductOperand.Of(kernels, Value, halves: null, DenseShape);

    void IDenseWeight.AddGradient(IKernels kernels, Tensor dy, Tensor x) =>
        AddGradient(SmallSideIsInput ? x : dy, SmallSideIsInput ? dy : x);

    /// <inheritdoc/>
    public void ClearGradient() => selector.Clear();

    /// <summary>Frees the weight and its moments. The basis is shared and stays.</summary>
    public void Dispose()
    {
        selector.Dispose();
        Value.Dispose();
        Marks.Dispose();
        starts?.Dispose();
    }

    /// <summary>W += Vᵀ (Sᵀ Pᵀ) or (Sᵀ Qᵀ)ᵀ V, for the steps S [d, R] on coefficients and the basis vectors V [R, D] of their
    /// coordinates.</summary>
    private void AddToDense(Tensor delta, Tensor vectors)
    {
        using Tensor steps = kernels.Rent(Moment1.Shape, MemoryCategory.Scratch);
        kernels.Fill(steps, 0);
        kernels.AddEntries(Gradient!.Value.Indices, delta, steps);
        using Tensor rotated = kernels.Rent(Moment1.Shape.Transposed, MemoryCategory.Scratch);
        kernels.Matmul(steps, true, Basis.Small, false, null, rotated);
        (Tensor left, Tensor right) = SmallSideIsInput ? (vectors, rotated) : (rotated, vectors);
        kernels.Matmul(left, true, right, false, null, Value, accumulate: true);
    }

    private static Tensor Copy(IKernels kernels, Tensor weight, MemoryCategory category)
    {
        using var scope = DisposeScope.Open();
        Tensor copy = scope.Add(kernels.Allocate(weight.Shape, category));
        kernels.Copy(weight, copy);
        scope.Keep();
        return copy;
    }
}
