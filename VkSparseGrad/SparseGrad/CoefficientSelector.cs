using VkSparseGrad.Kernels;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>Computes the coefficients of a half-rotated weight's gradient, as many as the selection looks at, and chooses those
/// that the step updates.</summary>
/// <remarks>d is the small side, D the large one, R the number of coordinates of the large side that can be chosen, T the rows of
/// a batch. Nothing here waits for the device.</remarks>
internal sealed class CoefficientSelector : IDisposable
{
    /// <summary>The kept energy and the whole energy, as partial sums.</summary>
    private const int EnergySlots = 2;

    private readonly IKernels kernels;
    private readonly SparseGradBasis basis;
    private readonly Selection selection;
    private readonly Tensor? gathered;
    private Tensor? sum;
    private int left = 1;
    private bool isRefresh = true;

    public CoefficientSelector(IKernels kernels, SparseGradBasis basis, int kept, Selection selection)
    {
        this.kernels = kernels;
        this.basis = basis;
        this.selection = selection;
        int large = basis.Large.Rows;
        using var scope = new DisposeScope();
        int entries = large;
        if (selection.Coordinates is CoordinateCount count)
        {
            entries = count.Of(large);
            Coordinates = scope.Add(kernels.FromArray([.. Enumerable.Range(0, entries).Select(at => (uint)at)], MemoryCategory.Optimizer));
            gathered = scope.Add(kernels.Zeros(new Shape(entries, large), MemoryCategory.Basis));
        }
        else if (selection.Interval > 1)
        {
            Support = scope.Add(kernels.FromArray(new uint[kept], MemoryCategory.Optimizer));
        }

        Kept = (int)Math.Min(kept, (long)basis.Small.Rows * entries);
        Moment1 = scope.Add(kernels.Zeros(new Shape(basis.Small.Rows, entries), MemoryCategory.Optimizer));
        Moment2 = scope.Add(kernels.Zeros(Moment1.Shape, MemoryCategory.Optimizer));
        Energy = scope.Add(kernels.Zeros(Shape.Vector(EnergySlots * IKernels.NormPartials), MemoryCategory.Optimizer));
        scope.Keep();
    }

    /// <summary>How many entries a step updates.</summary>
    public int Kept { get; }

    /// <summary>[d, R].</summary>
    public Tensor Moment1 { get; private set; }

    /// <summary>[d, R].</summary>
    public Tensor Moment2 { get; private set; }

    /// <summary>The chosen coordinates [1, R], rising, or null where all can be chosen.</summary>
    public Tensor? Coordinates { get; private set; }

    /// <summary>The chosen entries [1, kept] where they stay from one refresh to the next, else null.</summary>
    public Tensor? Support { get; }

    /// <summary>[R, D]: the basis vectors of the coordinates that can be chosen.</summary>
    public Tensor Vectors => gathered ?? basis.Large;

    /// <summary>Partial sums, over all refreshes, of the squares of the kept coefficients and then of all.</summary>
    public Tensor Energy { get; }

    /// <summary>The chosen coefficients of the step under way.</summary>
    public SparseGradient? Gradient { get; private set; }

    public void BeginStep(int step, int batches)
    {
        Clear();
        left = batches;
        isRefresh = step % selection.Interval == 0;
    }

    /// <summary>Takes a batch; the step's last one chooses.</summary>
    /// <param name="small">[T, d]: what meets the weight on its small side, rotated.</param>
    /// <param name="large">[T, D]: what meets it on its large side.</param>
    public void Add(Tensor small, Tensor large)
    {
        bool isFirst = sum is null;
        sum ??= kernels.Allocate(
            new Shape(basis.Small.Rows, isRefresh || Coordinates is null ? basis.Large.Rows : Vectors.Rows), MemoryCategory.Gradients);
        if (isRefresh)
        {
            AddCoefficients(small, large, basis.Large, sum, accumulate: !isFirst);
        }
        else if (Coordinates is not null)
        {
            AddCoefficients(small, large, Vectors, sum, accumulate: !isFirst);
        }
        else
        {
            // The entries are known, so the half-rotated gradient is enough.
            kernels.Matmul(small, true, large, false, null, sum, accumulate: !isFirst);
        }

        if (--left == 0)
        {
            Gradient?.Dispose();
            Gradient = null;
            Gradient = isRefresh ? Refresh(sum) : Coordinates is not null ? kernels.Largest(sum, Kept) : AtSupport(sum);
            sum.Dispose();
            sum = null;
            left = 1;
        }
    }

    /// <summary>C = smallᵀ large Vᵀ [d, R], in whichever order of multiplication is cheaper: rotating the large activation first
    /// costs T D R + T R d, forming the half-rotated gradient first costs T d D + d D R.</summary>
    public void AddCoefficients(Tensor small, Tensor large, Tensor vectors, Tensor coefficients, bool accumulate)
    {
        long t = small.Rows, d = small.Columns, side = large.Columns, r = vectors.Rows;
        if (t * r * (side + d) < d * side * (t + r))
        {
            using Tensor rotated = kernels.Allocate(new Shape(large.Rows, vectors.Rows), MemoryCategory.Scratch);
            kernels.Matmul(large, false, vectors, true, null, rotated);
            kernels.Matmul(small, true, rotated, false, null, coefficients, accumulate);
        }
        else
        {
            using Tensor halfRotated = kernels.Allocate(new Shape(small.Columns, large.Columns), MemoryCategory.Scratch);
            kernels.Matmul(small, true, large, false, null, halfRotated);
            kernels.Matmul(halfRotated, false, vectors, true, null, coefficients, accumulate);
        }
    }

    /// <summary>Forgets the step under way.</summary>
    public void Clear()
    {
        Gradient?.Dispose();
        Gradient = null;
        sum?.Dispose();
        sum = null;
        left = 1;
    }

    public void Dispose()
    {
        Clear();
        Coordinates?.Dispose();
        Support?.Dispose();
        gathered?.Dispose();
        Moment1.Dispose();
        Moment2.Dispose();
        Energy.Dispose();
    }

    /// <summary>Gathers the vectors of the coordinates again, after those were restored.</summary>
    public void GatherVectors()
    {
        if (Coordinates is not null)
        {
            kernels.GatherRows(basis.Large, Coordinates, gathered!);
        }
    }

    private SparseGradient Refresh(Tensor coefficients)
    {
        using var scope = new DisposeScope();
        Tensor partials = scope.Add(kernels.Zeros(Energy.Shape, MemoryCategory.Scratch));
        kernels.SquaredNorm(coefficients, partials, 1);
        Tensor candidates = coefficients;
        if (Coordinates is not null)
        {
            ChooseCoordinates(coefficients);
            candidates = scope.Add(kernels.Allocate(Moment1.Shape, MemoryCategory.Gradients));
            kernels.SelectColumns(coefficients, null, Coordinates, candidates);
        }

        SparseGradient chosen = kernels.Largest(candidates, Kept);
        kernels.SquaredNorm(chosen.Values, partials, 0);
        kernels.Add(partials, Energy);
        if (Support is not null)
        {
            kernels.Copy(chosen.Indices, Support);
        }

        return chosen;
    }

    /// <summary>Takes the coordinates that hold most energy; moments go along with those that stay.</summary>
    private void ChooseCoordinates(Tensor coefficients)
    {
        using var scope = new DisposeScope();
        Tensor energies = scope.Add(kernels.Allocate(Shape.Vector(coefficients.Columns), MemoryCategory.Scratch));
        kernels.ColumnSum(coefficients, coefficients, energies);
        Tensor wanted = scope.Add(kernels.Allocate(Coordinates!.Shape, DType.UInt32, MemoryCategory.Scratch));
        Tensor largest = scope.Add(kernels.Allocate(Coordinates.Shape, MemoryCategory.Scratch));
        kernels.TopK(energies, wanted, largest);
        Tensor moment1 = scope.Add(kernels.Allocate(Moment1.Shape, MemoryCategory.Optimizer));
        Tensor moment2 = scope.Add(kernels.Allocate(Moment2.Shape, MemoryCategory.Optimizer));
        kernels.SelectColumns(Moment1, Coordinates, wanted, moment1);
        kernels.SelectColumns(Moment2, Coordinates, wanted, moment2);
        scope.Keep();
        energies.Dispose();
        largest.Dispose();
        Moment1.Dispose();
        Moment2.Dispose();
        Coordinates.Dispose();
        (Moment1, Moment2, Coordinates) = (moment1, moment2, wanted);
        GatherVectors();
    }

    private SparseGradient AtSupport(Tensor halfRotated)
    {
        using var scope = new DisposeScope();
        Tensor indices = scope.Add(kernels.Allocate(Support!.Shape, DType.UInt32, MemoryCategory.Gradients));
        Tensor values = scope.Add(kernels.Allocate(Support.Shape, MemoryCategory.Gradients));
        kernels.Copy(Support, indices);
        kernels.SparseDots(indices, halfRotated, basis.Large, values);
        scope.Keep();
        return new SparseGradient(indices, values);
    }
}
