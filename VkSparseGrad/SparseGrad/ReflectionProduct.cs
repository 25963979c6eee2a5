using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>
/// Takes eigenvectors of the tridiagonal matrix back to those of the original one: applies the reflections of a
/// <see cref="Tridiagonalization"/>, many at a time, to vectors stored as rows.
/// </summary>
/// <remarks>
/// The compact WY form of R. Schreiber and C. Van Loan, "A storage-efficient WY representation for products of Householder
/// transformations", SIAM J. Sci. Stat. Comput. 10(1), 1989: a product of reflections is I − Yᵀ·T·Y, here with the
/// vectors as the rows of Y and an upper triangular T.
/// </remarks>
internal static unsafe class ReflectionProduct
{
    // Wide enough that packing the vectors is little against multiplying them.
    private const int BlockWidth = 192;

    /// <summary>Replaces every row u of <paramref name="vectors"/> (order×order) by Q·u.</summary>
    internal static void Apply(Tridiagonalization reduced, double* vectors, int order, CancellationToken cancellation)
    {
        var count = reduced.Reflections;
        if (count == 0)
            return;
        var width = Math.Min(BlockWidth, count);
        var stride = CacheLines.PaddedStride(order);
        var smallStride = CacheLines.PaddedStride(width);
        using var reflections = new HostBuffer<double>((long)width * stride);
        using var gram = new HostBuffer<double>((long)width * smallStride);
        using var triangle = new HostBuffer<double>((long)width * smallStride);
        using var products = new HostBuffer<double>((long)order * smallStride);
        using var combined = new HostBuffer<double>((long)order * smallStride);
        var y = reflections.Pointer;
        var g = gram.Pointer;
        var t = triangle.Pointer;
        for (var first = (count - 1) / width * width; first >= 0; first -= width)
        {
            cancellation.ThrowIfCancellationRequested();
            var taken = Math.Min(width, count - first);
            // All vectors of the block are zero before this column.
            var column = first + 1;
            var length = order - column;
            CopyReflections(reduced, first, taken, y, stride);
            var rows = new StridedMatrix(y, stride, 1);
            var columns = new StridedMatrix(y, 1, stride);
            MatrixProduct.Multiply(taken, taken, length, 1, rows, columns, g, smallStride, accumulate: false);
            FormTriangle(reduced, first, taken, g, t, smallStride);

            // u ← u − (u·Yᵀ)·Tᵀ·Y for the rows u.
            MatrixProduct.Multiply(
                order, taken, length, 1, new StridedMatrix(vectors + column, order, 1), columns, products.Pointer,
                smallStride, accumulate: false);
            MatrixProduct.Multiply(
                order, taken, taken, 1, new StridedMatrix(products.Pointer, smallStride, 1),
                new StridedMatrix(t, 1, smallStride), combined.Pointer, smallStride, accumulate: false);
            MatrixProduct.Multiply(
                order, length, taken, -1, new StridedMatrix(combined.Pointer, smallStride, 1), rows, vectors + column,
                order, accumulate: true);
        }
    }

    private static void CopyReflections(Tridiagonalization reduced, int first, int taken, double* y, nint stride)
    {
        for (var k = 0; k < taken; k++)
        {
            var row = y + (k * stride);
            new Span<double>(row, k).Clear();
            row[k] = 1;
            var tail = reduced.Tail(first + k);
            tail.CopyTo(new Span<double>(row + k + 1, tail.Length));
        }
    }

    /// <summary>The upper triangle T of the compact WY form, column by column: that of k is −τₖ·T·(Y·yₖ) above τₖ.</summary>
    private static void FormTriangle(
        Tridiagonalization reduced, int first, int taken, double* gram, double* t, nint stride)
    {
        for (var k = 0; k < taken; k++)
        {
            var scale = reduced.Scale(first + k);
            new Span<double>(t + (k * stride), taken).Clear();
            t[(k * stride) + k] = scale;
            for (var i = 0; i < k; i++)
            {
                var sum = 0.0;
                for (var j = i; j < k; j++)
                    sum += t[(i * stride) + j] * gram[(j * stride) + k];
                t[(i * stride) + k] = -scale * sum;
            }
        }
    }
}
