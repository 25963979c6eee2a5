using System.Runtime.Intrinsics;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>
/// The merge step of divide and conquer: from the eigenpairs of two blocks to those of the blocks coupled by one
/// off-diagonal element. Eigenvectors are rows; those of the first block are zero in the columns of the second, and the
/// other way round.
/// </summary>
/// <remarks>
/// Deflation: J. J. Dongarra and D. C. Sorensen, "A fully parallel algorithm for the symmetric eigenvalue problem", SIAM
/// J. Sci. Stat. Comput. 8(2), 1987. Orthogonal eigenvectors: M. Gu and S. C. Eisenstat, "A stable and efficient algorithm
/// for the rank-one modification of the symmetric eigenproblem", SIAM J. Matrix Anal. Appl. 15(4), 1994. Products that leave out the zero halves: J. Rutter, "A serial implementation of Cuppen's divide and conquer algorithm", LAPACK
/// Working Note 69, 1994.
/// </remarks>
internal sealed unsafe class RankOneMerge
{
    // New eigenvectors formed at a time: enough for an efficient product, few enough to need little memory.
    private const int Batch = 384;
    private const int ParallelCount = 128;
    private const int ProductChunk = 128;

    private readonly double* _d;
    private readonly double* _vectors;
    private readonly nint _stride;
    private readonly int _first;
    private readonly int _order;
    private readonly double _rho;
    private readonly double _tolerance;
    private readonly double[] _z;
    private readonly Support[] _support;

    /// <summary>Prepares a merge.</summary>
    /// <param name="d">The eigenvalues of both blocks, in any order within a block; receives the new ones.</param>
    /// <param name="vectors">The eigenvectors as rows; receives the new ones.</param>
    /// <param name="stride">The row stride of the vectors.</param>
    /// <param name="first">The order of the first block.</param>
    /// <param name="order">The order of both.</param>
    /// <param name="coupling">The off-diagonal element between them.</param>
    /// <param name="tolerance">The change to the matrix that counts as none.</param>
    internal RankOneMerge(
        double* d, double* vectors, int stride, int first, int order, double coupling, double tolerance)
    {
        _d = d;
        _vectors = vectors;
        (_stride, _first, _order, _tolerance) = (stride, first, order, tolerance);
        // The correction is |coupling|·u·uᵀ, u the last unit vector of the first block plus or minus the first of the
        // second: in the basis of eigenvectors ρ·z·zᵀ with z of length one.
        _rho = 2 * Math.Abs(coupling);
        _z = new double[order];
        _support = new Support[order];
        var (upper, lower) = (Math.Sqrt(0.5), Math.CopySign(Math.Sqrt(0.5), coupling));
        for (var i = 0; i < order; i++)
        {
            var isUpper = i < first;
            _z[i] = isUpper ? upper * Row(i)[first - 1] : lower * Row(i)[first];
            _support[i] = isUpper ? Support.First : Support.Second;
        }
    }

    /// <summary>The columns in which an eigenvector of the blocks is not zero.</summary>
    private enum Support
    {
        First,
        Both,
        Second,
    }

    private double* Row(int i) => _vectors + (i * _stride);

    /// <summary>Carries the merge out.</summary>
    internal void Run()
    {
        var kept = Deflate();
        if (kept.Count == 0)
            return;
        var count = kept.Count;
        using var numbers = new HostBuffer<double>(6L * count);
        var poles = numbers.Pointer;
        var weights = poles + count;
        var roots = new SecularEquation.Root[count];
        for (var i = 0; i < count; i++)
        {
            poles[i] = _d[kept[i]];
            weights[i] = _z[kept[i]] * _z[kept[i]];
        }

        var equation = new SecularEquation(count, poles, weights, _rho);
        ParallelLoop.Run(count >= ParallelCount, count, index => roots[index] = equation.Solve(index));
        var revised = weights + count;
        ReviseWeights(count, poles, roots, revised);
        for (var i = 0; i < count; i++)
        {
            revised[i] = Math.CopySign(Math.Sqrt(Math.Abs(revised[i])), _z[kept[i]]);
            _d[kept[i]] = poles[roots[i].Origin] + roots[i].Offset;
        }

        FormVectors(kept, poles, revised, roots, revised + count);
    }

    /// <summary>
    /// Sets aside the eigenpairs that the correction leaves as they are, after rotating pairs of nearly equal eigenvalues
    /// so that one of the two is; returns the others by rising eigenvalue.
    /// </summary>
    private List<int> Deflate()
    {
        var byValue = new int[_order];
        var values = new double[_order];
        for (var i = 0; i < _order; i++)
            (byValue[i], values[i]) = (i, _d[i]);
        Array.Sort(values, byValue);

        var kept = new List<int>(_order);
        var previous = -1;
        foreach (var i in byValue)
        {
            if (_rho * Math.Abs(_z[i]) <= _tolerance)
                continue;
            if (previous >= 0 && !TryRotate(previous, i))
                kept.Add(previous);
            previous = i;
        }

        if (previous >= 0)
            kept.Add(previous);
        return kept;
    }

    /// <summary>Rotates z's element at <paramref name="low"/> into that at <paramref name="high"/> if d allows it.</summary>
    private bool TryRotate(int low, int high)
    {
        var length = double.Hypot(_z[low], _z[high]);
        var (c, s) = (_z[high] / length, _z[low] / length);
        var (dLow, dHigh) = (_d[low], _d[high]);
        if (Math.Abs((dHigh - dLow) * c * s) > _tolerance)
            return false;
        (_z[low], _z[high]) = (0, length);
        _d[low] = (c * c * dLow) + (s * s * dHigh);
        _d[high] = (c * c * dHigh) + (s * s * dLow);
        VectorOperations.Rotate(c, s, Row(high), Row(low), _order);
        if (_support[low] != _support[high])
            _support[high] = Support.Both;
        return true;
    }

    /// <summary>
    /// The squared z (up to a common factor) of which the computed roots are the exact eigenvalues, which is what makes
    /// the eigenvectors orthogonal:
    /// zᵢ² = Πⱼ (λⱼ − dᵢ) / Πⱼ≠ᵢ (dⱼ − dᵢ) (Löwner's formula, as Gu and Eisenstat use it).
    /// </summary>
    private static void ReviseWeights(int count, double* poles, SecularEquation.Root[] roots, double* revised)
    {
        new Span<double>(revised, count).Fill(1);
        ParallelLoop.Run(count >= ParallelCount, (count + ProductChunk - 1) / ProductChunk, chunk =>
        {
            var from = chunk * ProductChunk;
            var to = Math.Min(count, from + ProductChunk);
            for (var j = 0; j < count; j++)
            {
                var (origin, offset) = (poles[roots[j].Origin], roots[j].Offset);
                MultiplyRatios(from, Math.Min(to, j), poles, poles[j], origin, offset, revised);
                if (j >= from && j < to)
                    revised[j] *= origin - poles[j] + offset;
                MultiplyRatios(Math.Max(from, j + 1), to, poles, poles[j], origin, offset, revised);
            }
        });
    }

    /// <summary>Multiplies each result by (λ − dᵢ)/(pole − dᵢ), λ = origin + offset.</summary>
    private static void MultiplyRatios(
        int from, int to, double* poles, double pole, double origin, double offset, double* results)
    {
        var (p, o, t) = (Vector256.Create(pole), Vector256.Create(origin), Vector256.Create(offset));
        var i = from;
        for (; i <= to - 4; i += 4)
        {
            var d = Vector256.Load(poles + i);
            (Vector256.Load(results + i) * ((o - d + t) / (p - d))).Store(results + i);
        }

        for (; i < to; i++)
            results[i] *= (origin - poles[i] + offset) / (pole - poles[i]);
    }

    /// <summary>
    /// Forms the new eigenvectors, in the basis of the old ones zᵢ/(dᵢ − λ), and multiplies them out. They replace the
    /// kept old ones; the deflated ones stay where they are.
    /// </summary>
    private void FormVectors(
        List<int> kept, double* poles, double* z, SecularEquation.Root[] roots, double* workspace)
    {
        var count = kept.Count;
        // Old vectors by support, so that those which are not zero in the columns of a block lie together.
        var grouped = new int[count];
        var starts = new int[3];
        var filled = 0;
        foreach (var support in (ReadOnlySpan<Support>)[Support.First, Support.Both, Support.Second])
        {
            starts[(int)support] = filled;
            for (var i = 0; i < count; i++)
                if (_support[kept[i]] == support)
                    grouped[filled++] = i;
        }

        var second = _order - _first;
        var inFirst = starts[(int)Support.Second];
        var secondStart = starts[(int)Support.Both];
        var inSecond = count - secondStart;
        var (firstStride, secondStride) = (CacheLines.PaddedStride(_first), CacheLines.PaddedStride(second));
        using var old = new HostBuffer<double>(((long)inFirst * firstStride) + ((long)inSecond * secondStride));
        var oldFirst = old.Pointer;
        var oldSecond = oldFirst + ((nint)inFirst * firstStride);
        var groupedPoles = workspace;
        var groupedZ = groupedPoles + count;
        for (var g = 0; g < count; g++)
        {
            var row = Row(kept[grouped[g]]);
            (groupedPoles[g], groupedZ[g]) = (poles[grouped[g]], z[grouped[g]]);
            if (g < inFirst)
                VectorOperations.Copy(row, oldFirst + ((nint)g * firstStride), _first);
            if (g >= secondStart)
                VectorOperations.Copy(row + _first, oldSecond + ((nint)(g - secondStart) * secondStride), second);
        }

        var batch = Math.Min(Batch, count);
        var (stride, resultStride) = (CacheLines.PaddedStride(count), CacheLines.PaddedStride(_order));
        using var coefficients = new HostBuffer<double>((long)batch * stride);
        using var results = new HostBuffer<double>((long)batch * resultStride);
        for (var start = 0; start < count; start += batch)
        {
            var taken = Math.Min(batch, count - start);
            var from = start;
            ParallelLoop.Run(count >= ParallelCount, taken, i =>
            {
                var root = roots[from + i];
                FormCoefficients(
                    count, groupedPoles, groupedZ, poles[root.Origin], root.Offset,
                    coefficients.Pointer + ((nint)i * stride));
            });
            MatrixProduct.Multiply(
                taken, _first, inFirst, 1, new StridedMatrix(coefficients.Pointer, stride, 1),
                new StridedMatrix(oldFirst, firstStride, 1), results.Pointer, resultStride, accumulate: false);
            MatrixProduct.Multiply(
                taken, second, inSecond, 1, new StridedMatrix(coefficients.Pointer + secondStart, stride, 1),
                new StridedMatrix(oldSecond, secondStride, 1), results.Pointer + _first, resultStride,
                accumulate: false);
            for (var i = 0; i < taken; i++)
                VectorOperations.Copy(results.Pointer + ((nint)i * resultStride), Row(kept[start + i]), _order);
        }
    }

    /// <summary>One eigenvector of D + ρ·z·zᵀ, of length one.</summary>
    private static void FormCoefficients(
        int count, double* poles, double* z, double origin, double offset, double* result)
    {
        var (o, t) = (Vector256.Create(origin), Vector256.Create(offset));
        var i = 0;
        for (; i <= count - 4; i += 4)
            (Vector256.Load(z + i) / (Vector256.Load(poles + i) - o - t)).Store(result + i);
        for (; i < count; i++)
            result[i] = z[i] / (poles[i] - origin - offset);
        VectorOperations.Scale(1 / Math.Sqrt(VectorOperations.Dot(result, result, count)), result, count);
    }
}
