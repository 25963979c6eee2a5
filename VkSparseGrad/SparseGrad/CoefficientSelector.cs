using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>Computes the coefficients of a weight's gradient, as many as the selection looks at, and chooses those
/// that the step updates.</summary>
/// <remarks>d is the small side, D the large one, R the number of coordinates of the large side that can be chosen, T the rows of
/// a batch. Nothing here waits for the device.</remarks>
internal sealed class CoefficientSelector : IDisposable
{
    /// <summary>A refresh looks at the coordinates in so many pieces at most, so that it needs no memory for all coefficients.</summary>
    private const int RefreshPieces = 8;

    private readonly IKernels kernels;
    private readonly SparseGradBasis basis;
    private readonly Selection selection;
    private readonly bool isRotated;
    private readonly PendingChoices pending;
    private Chosen chosen;
    private Chosen? before;
    private Tensor? sum;
    private SparseGradient? gradient;
    private bool isPending;
    private int left = 1;
    private bool isRefresh = true;
    private bool isRefreshDue;

    /// <param name="kernels">Where the weight lives.</param>
    /// <param name="basis">Of the layer's kind.</param>
    /// <param name="kept">Entries that a step updates.</param>
    /// <param name="selection">How they are chosen.</param>
    /// <param name="isRotated">Whether what meets the weight on its small side comes rotated.</param>
    /// <param name="pending">Where the weights wait that choose together.</param>
    public CoefficientSelector(
        IKernels kernels, SparseGradBasis basis, int kept, Selection selection, bool isRotated, PendingChoices pending)
    {
        this.pending = pending;
        this.kernels = kernels;
        this.basis = basis;
        this.selection = selection;
        this.isRotated = isRotated;
        using var scope = DisposeScope.Open();
        int entries = selection.Entries(basis.SmallSide, basis.LargeSide, kept);
        Tensor? coordinates = null, support = null;
        if (entries < basis.LargeSide)
        {
            coordinates = scope.Add(kernels.FromArray(FirstOf(entries), MemoryCategory.Optimizer));
        }
        else if (selection.Coordinates is null && selection.Interval > 1)
        {
            support = scope.Add(kernels.FromArray(FirstOf(kept), MemoryCategory.Optimizer));
        }

        Kept = kept;
        var moments = new Shape(basis.SmallSide, entries);
        chosen = new Chosen(
            scope.Add(kernels.Zeros(moments, MemoryCategory.Optimizer)), scope.Add(kernels.Zeros(moments, MemoryCategory.Optimizer)),
            coordinates, support,
            scope.Add(kernels.Zeros(Shape.Vector(IKernels.NormPartials + basis.LargeSide), MemoryCategory.Optimizer)));
        scope.Keep();
    }

    /// <summary>How many entries a step updates.</summary>
    public int Kept { get; }

    /// <summary>[d, R], of the coordinates before a refresh until <see cref="MoveMoments"/>.</summary>
    public Tensor Moment1 => chosen.Moment1;

    /// <summary>As <see cref="Moment1"/>.</summary>
    public Tensor Moment2 => chosen.Moment2;

    /// <summary>The chosen coordinates [1, R], rising, or null where all can be chosen.</summary>
    public Tensor? Coordinates => chosen.Coordinates;

    /// <summary>The chosen entries [1, kept] where they stay from one refresh to the next, else null.</summary>
    public Tensor? Support => chosen.Support;

    /// <summary>Sums of squares over all refreshes: of the kept coefficients, in <see cref="IKernels.NormPartials"/> parts, and then of
    /// all, coordinate by coordinate.</summary>
    public Tensor Energy => chosen.Energy;

    /// <summary>The chosen coefficients of the step under way. What is asked for is chosen now, if it was not before.</summary>
    public SparseGradient? Gradient
    {
        get
        {
            if (isPending)
            {
                pending.Choose();
            }

            return gradient;
        }
    }

    /// <summary>Whether the step took other coordinates than the moments are of.</summary>
    private bool IsMoveDue => before is Chosen old && old.Moment1 == chosen.Moment1 && old.Coordinates != chosen.Coordinates;

    /// <summary>Whether the step takes coordinates anew.</summary>
    private bool ChoosesCoordinates => Coordinates is not null && isRefresh;

    /// <summary>Makes the next step refresh, whether or not it is due.</summary>
    public void RefreshNext() => isRefreshDue = true;

    public void BeginStep(int step, int batches)
    {
        Settle();
        Clear();
        left = batches;
        isRefresh = isRefreshDue || step % selection.Interval == 0 || (Coordinates is null && Support is null);
    }

    /// <summary>Takes a batch; the step's last one chooses.</summary>
    /// <param name="small">[T, d]: what meets the weight on its small side, rotated where the weight is.</param>
    /// <param name="large">[T, D]: what meets it on its large side.</param>
    public void Add(Tensor small, Tensor large)
    {
        if (isPending)
        {
            Clear();
        }

        left--;
        if (ChoosesCoordinates && left == 0 && sum is null && small.Rows < basis.SmallSide)
        {
            // Of so few rows the gradient costs more to form than to do without.
            Finish(ChooseCoordinates((small, large)));
            return;
        }

        AddToSum(small, large);
        if (left > 0)
        {
            return;
        }

        if (ChoosesCoordinates)
        {
            Finish(ChooseCoordinates(batch: null));
            return;
        }

        if (Coordinates is not null)
        {
            isPending = true;
            pending.Add(this);

            // Beside activations of few rows, what waits would make the step's peak of memory higher.
            if (isPending && small.Length + large.Length < sum!.Length)
            {
                pending.Choose();
            }

            return;
        }

        if (!isRotated)
        {
            Tensor rotated = Rotate(sum!);
            sum!.Dispose();
            sum = rotated;
        }

        Finish(isRefresh ? ChooseEntries(sum!) : AtSupport(sum!));
    }

    /// <summary>What the coefficients of a weight that waits take in the end: with the rotated copy, where they are not rotated.</summary>
    public long PendingBytes => sum!.Length * sizeof(float) * (isRotated ? 1 : 2);

    /// <summary>The coefficients of a weight that waits.</summary>
    /// <param name="scope">Gets them where they are not the selector's own.</param>
    public Tensor Candidates(DisposeScope scope) => isRotated ? sum! : scope.Add(Rotate(sum!));

    /// <summary>Ends the gathering of the step's gradient.</summary>
    public void Finish(SparseGradient largest)
    {
        gradient?.Dispose();
        gradient = largest;
        sum?.Dispose();
        sum = null;
        left = 1;
        isPending = false;
    }

    /// <summary>The vectors [R, D] of the large basis that can be chosen.</summary>
    /// <remarks>Every layer has coordinates of its own, so their vectors together would be as large as several bases.</remarks>
    public WidenedWeight ChosenVectors() =>
        Coordinates is null ? basis.WidenLarge(kernels) : new WidenedWeight(basis.LargeVectors(kernels, Coordinates), isCopy: true);

    /// <summary>C = smallᵀ large Vᵀ [d, R], in whichever order of multiplication is cheaper: rotating the large activation first
    /// costs T D R + T R d, forming the half-rotated gradient first costs T d D + d D R.</summary>
    public void AddCoefficients(Tensor small, Tensor large, Tensor vectors, Tensor coefficients, bool accumulate)
    {
        long t = small.Rows, d = small.Columns, side = large.Columns, r = vectors.Rows;
        if (t * r * (side + d) < d * side * (t + r))
        {
            using Tensor rotated = kernels.Rent(new Shape(large.Rows, vectors.Rows), MemoryCategory.Scratch);
            kernels.Matmul(large, false, vectors, true, null, rotated);
            kernels.Matmul(small, true, rotated, false, null, coefficients, accumulate);
        }
        else
        {
            using Tensor halfRotated = kernels.Rent(new Shape(small.Columns, large.Columns), MemoryCategory.Scratch);
            kernels.Matmul(small, true, large, false, null, halfRotated);
            kernels.Matmul(halfRotated, false, vectors, true, null, coefficients, accumulate);
        }
    }

    /// <summary>Forgets the gradient of the step under way.</summary>
    public void Clear()
    {
        if (isPending)
        {
            pending.Remove(this);
            isPending = false;
        }

        gradient?.Dispose();
        gradient = null;
        sum?.Dispose();
        sum = null;
        left = 1;
    }

    /// <summary>Says that the last step was good: what a refresh in it replaced is freed. The next step says so too, but for a step that
    /// chose coordinates and was dropped without an update, which it undoes.</summary>
    public void Accept()
    {
        before?.DisposeWithout(chosen);
        before = null;
    }

    /// <summary>Says that the last step changed no weight: where it refreshed, all is as it was before, and the next step
    /// refreshes in its place.</summary>
    public void Undo()
    {
        if (before is Chosen old)
        {
            chosen.DisposeWithout(old);
            (chosen, before, isRefreshDue) = (old, null, true);
        }
    }

    /// <summary>Where the step took other coordinates, moments go along with those that stay.</summary>
    /// <remarks>Not when they are chosen: the moments from before are kept until the step is known to be good, and at that time the step's
    /// activations are there too.</remarks>
    public void MoveMoments()
    {
        if (!IsMoveDue)
        {
            return;
        }

        using var made = DisposeScope.Open();
        Tensor moment1 = made.Add(kernels.Rent(Moment1.Shape, MemoryCategory.Optimizer));
        Tensor moment2 = made.Add(kernels.Rent(Moment2.Shape, MemoryCategory.Optimizer));
        kernels.SelectColumns(Moment1, before!.Value.Coordinates, chosen.Coordinates!, moment1);
        kernels.SelectColumns(Moment2, before.Value.Coordinates, chosen.Coordinates!, moment2);
        chosen = chosen with { Moment1 = moment1, Moment2 = moment2 };
        made.Keep();
    }

    /// <summary>Goes on from the coordinates that were restored.</summary>
    public void Resume() => isRefreshDue = false;

    public void Dispose()
    {
        Clear();
        Accept();
        chosen.DisposeWithout(default);
        chosen = default;
    }

    /// <summary>Where nothing is chosen yet: places that differ, as those of a choice do.</summary>
    private static uint[] FirstOf(int count) => [.. Enumerable.Range(0, count).Select(at => (uint)at)];

    /// <summary>Before another choice: the last step was good, unless it chose coordinates and no update followed.</summary>
    private void Settle()
    {
        if (IsMoveDue)
        {
            Undo();
        }

        Accept();
    }

    /// <summary>Adds a batch to what the step chooses from: the gradient, half-rotated where the weight is, or its coefficients where all of
    /// them are wanted, or those of the chosen coordinates.</summary>
    private void AddToSum(Tensor small, Tensor large)
    {
        bool accumulate = sum is not null;
        bool isCoefficients = Coordinates is null ? isRefresh : !isRefresh;
        int columns = isCoefficients && Coordinates is not null ? Coordinates.Columns : basis.LargeSide;
        sum ??= kernels.Rent(new Shape(basis.SmallSide, columns), MemoryCategory.Gradients);
        if (!isCoefficients)
        {
            kernels.Matmul(small, true, large, false, null, sum, accumulate);
            return;
        }

        using WidenedWeight vectors = ChosenVectors();
        AddCoefficients(small, large, vectors.Value, sum, accumulate);
    }

    /// <summary>Sums rotated on their small side.</summary>
    /// <returns>The caller's.</returns>
    private Tensor Rotate(Tensor sums)
    {
        using var scope = DisposeScope.Open();
        Tensor rotated = scope.Add(kernels.Rent(sums.Shape, MemoryCategory.Gradients));
        kernels.Matmul(basis.Small, false, sums, false, null, rotated);
        scope.Keep();
        return rotated;
    }

    /// <summary>Takes the coordinates that hold most energy, and the largest of their coefficients.</summary>
    /// <param name="batch">What the step's only batch is computed from; null where the gradients of all batches were added up.</param>
    private SparseGradient ChooseCoordinates((Tensor Small, Tensor Large)? batch)
    {
        Settle();
        using var made = DisposeScope.Open();
        Tensor energy = made.Add(kernels.Rent(Energy.Shape, MemoryCategory.Optimizer));
        const int Alignments = RefreshPieces * IKernels.PartAlignment;
        int piece = (basis.LargeSide + Alignments - 1) / Alignments * IKernels.PartAlignment;
        for (int first = 0; first < basis.LargeSide; first += piece)
        {
            int count = Math.Min(piece, basis.LargeSide - first);
            using Tensor coordinates = kernels.RentPart(basis.Places, first, count);
            using Tensor energies = kernels.RentPart(energy, IKernels.NormPartials + first, count);
            using Tensor some = CoefficientsAt(coordinates, batch);
            kernels.ColumnSum(some, some, energies);
        }

        Tensor wanted = made.Add(kernels.Rent(Coordinates!.Shape, DType.UInt32, MemoryCategory.Optimizer));
        using (Tensor energies = kernels.RentPart(energy, IKernels.NormPartials, basis.LargeSide))
        using (Tensor largestEnergies = kernels.Rent(Coordinates.Shape, MemoryCategory.Scratch))
        {
            kernels.TopK([new(energies, wanted, largestEnergies)]);
        }

        using var scratch = DisposeScope.Open();
        Tensor candidates = scratch.Add(CoefficientsAt(wanted, batch));
        if (!isRotated)
        {
            candidates = scratch.Add(Rotate(candidates));
        }

        SparseGradient largest = kernels.Largest(candidates, Kept);
        made.Add(largest.Indices);
        made.Add(largest.Values);
        Replace(largest, chosen with { Coordinates = wanted, Energy = energy });
        made.Keep();
        return largest;
    }

    /// <summary>The coefficients of n vectors of the large side, not rotated on the small side where the weight is not: their energies are
    /// the same.</summary>
    /// <returns>[d, n], the caller's.</returns>
    private Tensor CoefficientsAt(Tensor coordinates, (Tensor Small, Tensor Large)? batch)
    {
        using Tensor vectors = basis.LargeVectors(kernels, coordinates);
        using var scope = DisposeScope.Open();
        Tensor at = scope.Add(kernels.Rent(new Shape(basis.SmallSide, coordinates.Columns), MemoryCategory.Gradients));
        if (batch is (Tensor small, Tensor large))
        {
            AddCoefficients(small, large, vectors, at, accumulate: false);
        }
        else
        {
            kernels.Matmul(sum!, false, vectors, true, null, at);
        }

        scope.Keep();
        return at;
    }

    /// <summary>Takes the largest of all coefficients.</summary>
    private SparseGradient ChooseEntries(Tensor coefficients)
    {
        Settle();
        using var made = DisposeScope.Open();
        Tensor energy = made.Add(kernels.Rent(Energy.Shape, MemoryCategory.Optimizer));
        using (Tensor energies = kernels.RentPart(energy, IKernels.NormPartials, basis.LargeSide))
        {
            kernels.ColumnSum(coefficients, coefficients, energies);
        }

        SparseGradient largest = kernels.Largest(coefficients, Kept);
        made.Add(largest.Indices);
        made.Add(largest.Values);
        Chosen next = chosen with { Energy = energy };
        if (Support is not null)
        {
            Tensor support = made.Add(kernels.Rent(Support.Shape, DType.UInt32, MemoryCategory.Optimizer));
            kernels.Copy(largest.Indices, support);
            next = next with { Support = support };
        }

        Replace(largest, next);
        made.Keep();
        return largest;
    }

    /// <summary>Puts a new choice in the place of the one before, which stays until the step is known to be good.</summary>
    private void Replace(SparseGradient largest, Chosen next)
    {
        using (Tensor kept = kernels.RentPart(next.Energy, 0, IKernels.NormPartials))
        {
            kernels.SquaredNorm(largest.Values, kept, 0);
        }

        kernels.Add(Energy, next.Energy);
        (before, chosen, isRefreshDue) = (chosen, next, false);
    }

    private SparseGradient AtSupport(Tensor halfRotated)
    {
        using var scope = DisposeScope.Open();
        Tensor indices = scope.Add(kernels.Rent(Support!.Shape, DType.UInt32, MemoryCategory.Gradients));
        Tensor values = scope.Add(kernels.Rent(Support.Shape, MemoryCategory.Gradients));
        kernels.Copy(Support, indices);
        using (WidenedWeight vectors = basis.WidenLarge(kernels))
        {
            kernels.SparseDots(indices, halfRotated, vectors.Value, values);
        }

        scope.Keep();
        return new SparseGradient(indices, values);
    }

    /// <summary>What a refresh chooses. It makes tensors anew, so that the ones before are there until the step is known to be
    /// good.</summary>
    private readonly record struct Chosen(Tensor Moment1, Tensor Moment2, Tensor? Coordinates, Tensor? Support, Tensor Energy)
    {
        /// <summary>Frees all but what another choice has too.</summary>
        public void DisposeWithout(Chosen other)
        {
            Dispose(Moment1, other.Moment1);
            Dispose(Moment2, other.Moment2);
            Dispose(Coordinates, other.Coordinates);
            Dispose(Support, other.Support);
            Dispose(Energy, other.Energy);

            static void Dispose(Tensor? own, Tensor? others)
            {
                if (!ReferenceEquals(own, others))
                {
                    own?.Dispose();
                }
            }
        }
    }
}
