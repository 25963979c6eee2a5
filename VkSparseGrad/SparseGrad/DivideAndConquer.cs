using System.Runtime.ExceptionServices;

namespace VkSparseGrad.SparseGrad;

/// <summary>
/// Eigendecomposition of a symmetric tridiagonal matrix by divide and conquer: the matrix is torn into two halves and a
/// correction of rank one, the halves are decomposed, and the correction is merged in (<see cref="RankOneMerge"/>).
/// </summary>
/// <remarks>J. J. M. Cuppen, "A divide and conquer method for the symmetric tridiagonal eigenproblem", Numer. Math. 36,
/// 1981.</remarks>
internal sealed unsafe class DivideAndConquer
{
    private const int LeafOrder = 32;
    private const int ParallelOrder = 128;
    private const double UnitRoundoff = 1.1102230246251565e-16;

    private readonly double* _d;
    private readonly double* _e;
    private readonly double* _vectors;
    private readonly int _order;
    private readonly double _tolerance;
    private readonly CancellationToken _cancellation;

    private DivideAndConquer(double* d, double* e, double* vectors, int order, CancellationToken cancellation)
    {
        _d = d;
        _e = e;
        _vectors = vectors;
        (_order, _cancellation) = (order, cancellation);
        var norm = 0.0;
        for (var i = 0; i < order; i++)
            norm = Math.Max(norm, Math.Max(Math.Abs(d[i]), Math.Abs(e[i])));
        // One tolerance for the whole matrix: a block of pure rounding error, as a rank-deficient matrix leaves, deflates
        // at once.
        _tolerance = 8 * UnitRoundoff * norm;
    }

    /// <summary>Replaces the diagonal by the eigenvalues, and zeroed rows by their eigenvectors, in no order.</summary>
    /// <param name="d">The diagonal.</param>
    /// <param name="e">The off-diagonal elements, the last of <paramref name="order"/> zero; overwritten.</param>
    /// <param name="vectors">order×order zeros; receives the eigenvector of value k as row k.</param>
    /// <param name="order">The order of the matrix.</param>
    /// <param name="cancellation">Ends the work early.</param>
    internal static void Decompose(double* d, double* e, double* vectors, int order, CancellationToken cancellation)
    {
        for (var i = 0; i < order; i++)
            vectors[((nint)i * order) + i] = 1;
        try
        {
            new DivideAndConquer(d, e, vectors, order, cancellation).Solve(0, order);
        }
        catch (AggregateException several)
        {
            // What one of the threads met is what the caller asked to hear of.
            ExceptionDispatchInfo.Throw(several.Flatten().InnerExceptions[0]);
        }
    }

    private void Solve(int from, int to)
    {
        var order = to - from;
        var block = _vectors + ((nint)from * _order) + from;
        if (order <= LeafOrder)
        {
            // Far below the tolerance, so that it is the merges that decide the accuracy.
            ImplicitQl.Decompose(order, _d + from, _e + from, _tolerance / 64, block, _order);
            return;
        }

        var middle = from + (order / 2);
        var coupling = _e[middle - 1];
        _d[middle - 1] -= Math.Abs(coupling);
        _d[middle] -= Math.Abs(coupling);
        if (order >= ParallelOrder)
        {
            Parallel.Invoke(() => Solve(from, middle), () => Solve(middle, to));
        }
        else
        {
            Solve(from, middle);
            Solve(middle, to);
        }

        _cancellation.ThrowIfCancellationRequested();
        new RankOneMerge(_d + from, block, _order, middle - from, order, coupling, _tolerance).Run();
    }
}
