using VkSparseGrad.Kernels;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>Computes the coefficients of a weight's gradient, as many as the selection looks at, and chooses those
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
    private readonly bool isRotated;
    private Chosen chosen;
    private Chosen? before;
    private Tensor? sum;
    private int left = 1;
    private bool isRefresh = true;
    private bool isRefreshDue;

    /// <param name="kernels">Where the weight lives.</param>
    /// <param name="basis">Of the layer's kind.</param>
    /// <param name="kept">Entries that a step updates.</param>
    /// <param name="selection">How they are chosen.</param>
    /// <param name="isRotated">Whether what meets the weight on its small side comes rotated.</param>
    public CoefficientSelector(IKernels kernels, SparseGradBasis basis, int kept, Selection selection, bool isRotated)
    {
        this.kernels = kernels;
        this.basis = basis;
        this.selection = selection;
        this.isRotated = isRotated;
        using var scope = new DisposeScope();
        int entries = selection.Entries(basis.Small.Rows, basis.Large.Rows, kept);
        Tensor? coordinates = null, support = null;
        if (selection.Coordinates is not null)
        {
            coordinates = scope.Add(kernels.FromArray(FirstOf(entries), MemoryCategory.Optimizer));
        }
        else if (selection.Interval > 1)
        {
            support = scope.Add(kernels.FromArray(FirstOf(kept), MemoryCategory.Optimizer));
        }

        Kept = kept;
        var moments = new Shape(basis.Small.Rows, entries);
        chosen = new Chosen(
            scope.Add(kernels.Zeros(moments, MemoryCategory.Optimizer)), scope.Add(kernels.Zeros(moments, MemoryCategory.Optimizer)),
            coordinates, support,
            scope.Add(kernels.Zeros(Shape.Vector(EnergySlots * IKernels.NormPartials), MemoryCategory.Optimizer)));
        scope.Keep();
    }

    /// <summary>How many entries a step updates.</summary>
    public int Kept { get; }

    /// <summary>[d, R].</summary>
    public Tensor Moment1 => chosen.Moment1;

    /// <summary>[d, R].</summary>
    public Tensor Moment2 => chosen.Moment2;

    /// <summary>The chosen coordinates [1, R], rising, or null where all can be chosen.</summary>
    public Tensor? Coordinates => chosen.Coordinates;

    /// <summary>The chosen entries [1, kept] where they stay from one refresh to the next, else null.</summary>
    public Tensor? Support => chosen.Support;

    /// <summary>Partial sums, over all refreshes, of the squares of the kept coefficients and then of all.</summary>
    public Tensor Energy => chosen.Energy;

    /// <summary>The chosen coefficients of the step under way.</summary>
    public SparseGradient? Gradient { get; private set; }

    /// <summary>Makes the next step refresh, whether or not it is due.</summary>
    public void RefreshNext() => isRefreshDue = true;

    public void BeginStep(int step, int batches)
    {
        Accept();
        Clear();
        left = batches;
        isRefresh = isRefreshDue || step % selection.Interval == 0;
    }

    /// <summary>Takes a batch; the step's last one chooses.</summary>
    /// <param name="small">[T, d]: what meets the weight on its small side, rotated where the weight is.</param>
    /// <param name="large">[T, D]: what meets it on its large side.</param>
    public void Add(Tensor small, Tensor large)
    {
        bool isFirst = sum is null;
        sum ??= kernels.Allocate(
            new Shape(basis.Small.Rows, isRefresh || Coordinates is null ? basis.Large.Rows : Coordinates.Columns), MemoryCategory.Gradients);
        if (isRefresh)
        {
            AddCoefficients(small, large, basis.Large, sum, accumulate: !isFirst);
        }
        else if (Coordinates is not null)
        {
            using Tensor? vectors = ChosenVectors();
            AddCoefficients(small, large, vectors!, sum, accumulate: !isFirst);
        }
        else
        {
            // The entries are known, so the half-rotated gradient is enough.
            kernels.Matmul(small, true, large, false, null, sum, accumulate: !isFirst);
        }

        if (--left == 0)
        {
            if (!isRotated)
            {
                RotateSum();
            }

            Gradient?.Dispose();
            Gradient = null;
            Gradient = isRefresh ? Refresh(sum) : Coordinates is not null ? kernels.Largest(sum, Kept) : AtSupport(sum);
            sum.Dispose();
            sum = null;
            left = 1;
        }
    }

    /// <summary>The vectors [R, D] of the large basis that can be chosen, the caller's; null where all can.</summary>
    /// <remarks>Every layer has coordinates of its own, so their vectors together would be as large as several bases.</remarks>
    public Tensor? ChosenVectors()
    {
        if (Coordinates is null)
        {
            return null;
        }

        using var scope = new DisposeScope();
        Tensor vectors = scope.Add(kernels.Allocate(new Shape(Coordinates.Columns, basis.Large.Columns), MemoryCategory.Scratch));
        kernels.GatherRows(basis.Large, Coordinates, vectors);
        scope.Keep();
        return vectors;
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

    /// <summary>Forgets the gradient of the step under way.</summary>
    public void Clear()
    {
        Gradient?.Dispose();
        Gradient = null;
        sum?.Dispose();
        sum = null;
        left = 1;
    }

    /// <summary>Says that the last step was good: what a refresh in it replaced is freed. The next step says so too.</summary>
    public void Accept()
    {
        before?.DisposeWithout(chosen);
        before = null;
    }

    /// <summary>Says that the last step changed no weight: where it refreshed, all is as it was before, and the next step
    /// refreshes in its place.</summary>
    public void Undo()
    {
        if (before is not null)
        {
            chosen.DisposeWithout(before);
            (chosen, before, isRefreshDue) = (before, null, true);
        }
    }

    /// <summary>Goes on from the coordinates that were restored.</summary>
    public void Resume() => isRefreshDue = false;

    public void Dispose()
    {
        Clear();
        Accept();
        foreach (Tensor tensor in chosen.Tensors)
        {
            tensor.Dispose();
        }
    }

    /// <summary>Where nothing is chosen yet: places that differ, as those of a choice do.</summary>
    private static uint[] FirstOf(int count) => [.. Enumerable.Range(0, count).Select(at => (uint)at)];

    /// <summary>Rotates the sums on their small side, once a step.</summary>
    private void RotateSum()
    {
        using var scope = new DisposeScope();
        Tensor rotated = scope.Add(kernels.Allocate(sum!.Shape, MemoryCategory.Gradients));
        kernels.Matmul(basis.Small, false, sum, false, null, rotated);
        scope.Keep();
        sum.Dispose();
        sum = rotated;
    }

    private SparseGradient Refresh(Tensor coefficients)
    {
        Accept();
        using var made = new DisposeScope();
        using var scratch = new DisposeScope();
        Tensor energy = made.Add(kernels.Zeros(Energy.Shape, MemoryCategory.Optimizer));
        kernels.SquaredNorm(coefficients, energy, 1);
        Chosen next = chosen with { Energy = energy };
        Tensor candidates = coefficients;
        if (Coordinates is not null)
        {
            next = WithCoordinates(next, coefficients, made);
            candidates = scratch.Add(kernels.Allocate(Moment1.Shape, MemoryCategory.Gradients));
            kernels.SelectColumns(coefficients, null, next.Coordinates!, candidates);
        }

        SparseGradient largest = made.Add(kernels.Largest(candidates, Kept));
        kernels.SquaredNorm(largest.Values, energy, 0);
        kernels.Add(Energy, energy);
        if (Support is not null)
        {
            Tensor support = made.Add(kernels.Allocate(Support.Shape, DType.UInt32, MemoryCategory.Optimizer));
            kernels.Copy(largest.Indices, support);
            next = next with { Support = support };
        }

        made.Keep();
        (before, chosen, isRefreshDue) = (chosen, next, false);
        return largest;
    }

    /// <summary>Takes the coordinates that hold most energy; moments go along with those that stay.</summary>
    private Chosen WithCoordinates(Chosen next, Tensor coefficients, DisposeScope made)
    {
        using var scratch = new DisposeScope();
        Tensor energies = scratch.Add(kernels.Allocate(Shape.Vector(coefficients.Columns), MemoryCategory.Scratch));
        kernels.ColumnSum(coefficients, coefficients, energies);
        Tensor wanted = made.Add(kernels.Allocate(Coordinates!.Shape, DType.UInt32, MemoryCategory.Optimizer));
        Tensor largest = scratch.Add(kernels.Allocate(Coordinates.Shape, MemoryCategory.Scratch));
        kernels.TopK(energies, wanted, largest);
        Tensor moment1 = made.Add(kernels.Allocate(Moment1.Shape, MemoryCategory.Optimizer));
        Tensor moment2 = made.Add(kernels.Allocate(Moment2.Shape, MemoryCategory.Optimizer));
        kernels.SelectColumns(Moment1, Coordinates, wanted, moment1);
        kernels.SelectColumns(Moment2, Coordinates, wanted, moment2);
        return next with { Moment1 = moment1, Moment2 = moment2, Coordinates = wanted };
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

    /// <summary>What a refresh chooses. It makes tensors anew, so that the ones before are there until the step is known to be
    /// good.</summary>
    private sealed record Chosen(Tensor Moment1, Tensor Moment2, Tensor? Coordinates, Tensor? Support, Tensor Energy)
    {
        public IEnumerable<Tensor> Tensors => ((Tensor?[])[Moment1, Moment2, Coordinates, Support, Energy]).OfType<Tensor>();

        /// <summary>Frees all but what another choice has too.</summary>
        public void DisposeWithout(Chosen other)
        {
            foreach (Tensor tensor in Tensors.Except(other.Tensors))
            {
                tensor.Dispose();
            }
        }
    }
}
