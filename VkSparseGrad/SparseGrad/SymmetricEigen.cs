using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>All eigenvalues and eigenvectors of a dense symmetric matrix, in double precision.</summary>
/// <remarks>
/// The matrix is reduced to a tridiagonal one (<see cref="Tridiagonalization"/>), that one is decomposed by divide and
/// conquer (<see cref="DivideAndConquer"/>), and its eigenvectors are taken back (<see cref="ReflectionProduct"/>). The
/// errors are of the order of the rounding unit times the norm of the matrix, for the residual A·v − λ·v, and of the
/// rounding unit itself, for the orthogonality of the eigenvectors; an eigenvalue far below the norm has no more correct
/// digits than this. The result does not depend on the number of threads.
/// </remarks>
public sealed class SymmetricEigen
{
    private SymmetricEigen(double[] values, double[] vectors) => (Values, Vectors) = (values, vectors);

    /// <summary>The eigenvalues, in falling order.</summary>
    public double[] Values { get; }

    /// <summary>
    /// The eigenvectors: row k of the row-major matrix belongs to eigenvalue k, has length one, and its element of
    /// greatest magnitude (the first, of several) is positive.
    /// </summary>
    public double[] Vectors { get; }

    /// <summary>About how many bytes of memory a decomposition needs beside the matrix, which the vectors replace.</summary>
    internal static long WorkingBytes(int order) => (long)(1.6 * order * order) * sizeof(double);

    /// <summary>Decomposes a symmetric matrix.</summary>
    /// <param name="matrix">The elements, row-major; only those on and above the diagonal are read.</param>
    /// <param name="order">The number of rows, and of columns.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>The eigenvalues and eigenvectors.</returns>
    /// <exception cref="ArgumentException">
    /// The number of elements is not the square of the order, or one of those read is not finite.
    /// </exception>
    /// <exception cref="ArithmeticException">An iteration did not converge; not known to happen.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static SymmetricEigen Decompose(
        ReadOnlySpan<double> matrix, int order, CancellationToken cancellation = default)
    {
        var vectors = matrix.ToArray();
        return new SymmetricEigen(DecomposeInPlace(vectors, order, cancellation), vectors);
    }

    /// <summary>The same, with the eigenvectors in the place of the matrix, which is lost where it fails or is cancelled.</summary>
    /// <returns>The eigenvalues.</returns>
    internal static unsafe double[] DecomposeInPlace(Span<double> matrix, int order, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        if (matrix.Length != (long)order * order)
            throw new ArgumentException(
                $"A matrix of order {order} has {(long)order * order} elements, not {matrix.Length}.", nameof(matrix));
        var exponent = Exponent(matrix, order);
        var stride = CacheLines.PaddedStride(order);
        var values = new double[order];
        fixed (double* vectors = matrix)
        {
            using var scaled = CopyScaled(matrix, order, stride, -exponent);
            var reduced = new Tridiagonalization(scaled, stride, order, cancellation);
            matrix.Clear();
            fixed (double* d = reduced.Diagonal, e = reduced.OffDiagonal)
                DivideAndConquer.Decompose(d, e, vectors, order, cancellation);
            SortRows(reduced.Diagonal, values, matrix);
            ReflectionProduct.Apply(reduced, vectors, order, cancellation);
        }

        for (var k = 0; k < order; k++)
        {
            values[k] = Math.ScaleB(values[k], exponent);
            FixSign(matrix.Slice(k * order, order));
        }

        return values;
    }

    /// <summary>The power of two just above the greatest magnitude in the upper triangle.</summary>
    private static int Exponent(ReadOnlySpan<double> matrix, int order)
    {
        var greatest = 0.0;
        for (var i = 0; i < order; i++)
            foreach (var element in matrix.Slice((i * order) + i, order - i))
            {
                if (!double.IsFinite(element))
                    throw new ArgumentException($"Row {i} of the matrix holds {element}, which is not finite.", nameof(matrix));
                greatest = Math.Max(greatest, Math.Abs(element));
            }

        return greatest == 0 ? 0 : Math.ILogB(greatest) + 1;
    }

    /// <summary>Copies the upper triangle, scaled by a power of two to magnitudes that neither over- nor underflow.</summary>
    private static unsafe HostBuffer<double> CopyScaled(ReadOnlySpan<double> matrix, int order, int stride, int exponent)
    {
        // In two steps, as the power itself may lie outside the range; exact but for elements that are negligible.
        var first = Math.ScaleB(1, exponent / 2);
        var second = Math.ScaleB(1, exponent - (exponent / 2));
        var copy = new HostBuffer<double>((long)order * stride);
        for (var i = 0; i < order; i++)
        {
            var row = copy.Pointer + ((nint)i * stride);
            new Span<double>(row, i).Clear();
            for (var j = i; j < order; j++)
                row[j] = matrix[(i * order) + j] * first * second;
        }

        return copy;
    }

    /// <summary>Puts the eigenvalues into falling order (equal ones as they came) and moves the rows along.</summary>
    private static void SortRows(double[] unsorted, double[] values, Span<double> vectors)
    {
        var order = unsorted.Length;
        var source = new int[order];
        for (var k = 0; k < order; k++)
            source[k] = k;
        Array.Sort(source, (x, y) =>
            unsorted[x] == unsorted[y] ? x.CompareTo(y) : unsorted[y].CompareTo(unsorted[x]));
        for (var k = 0; k < order; k++)
            values[k] = unsorted[source[k]];

        // In place, one cycle of the permutation after the other.
        var held = new double[order];
        for (var start = 0; start < order; start++)
        {
            if (source[start] == start)
                continue;
            vectors.Slice(start * order, order).CopyTo(held);
            var target = start;
            while (source[target] != start)
            {
                var from = source[target];
                vectors.Slice(from * order, order).CopyTo(vectors.Slice(target * order, order));
                (source[target], target) = (target, from);
            }

            held.CopyTo(vectors.Slice(target * order, order));
            source[target] = target;
        }
    }

    private static void FixSign(Span<double> vector)
    {
        var greatest = 0.0;
        foreach (var element in vector)
            if (Math.Abs(element) > Math.Abs(greatest))
                greatest = element;
        if (greatest < 0)
            foreach (ref var element in vector)
                element = -element;
    }
}
