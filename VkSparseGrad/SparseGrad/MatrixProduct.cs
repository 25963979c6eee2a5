using System.Buffers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>
/// A matrix operand addressed by a row and a column stride, so that a transposed matrix is the same memory with the
/// strides exchanged. One of the two strides must be one for speed, not for correctness.
/// </summary>
internal readonly unsafe struct StridedMatrix(double* data, nint rowStride, nint columnStride)
{
    internal readonly double* Data = data;
    internal readonly nint RowStride = rowStride;
    internal readonly nint ColumnStride = columnStride;

    internal double* At(nint row, nint column) => Data + (row * RowStride) + (column * ColumnStride);
}

/// <summary>
/// The dense product C ← C + α·A·B (or C ← α·A·B), C row-major, on packed panels that stay in the caches.
/// </summary>
/// <remarks>
/// The loop order and packing are those of K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix
/// Multiplication", ACM TOMS 34(3), 2008 (the GEBP form). Row blocks are spread over threads; every element of
/// C is summed by one thread in one order, so the bits of the result do not depend on how many threads there are.
/// </remarks>
internal static unsafe class MatrixProduct
{
    // Depth × RowBlock doubles of A take about a fifth of a 1 MiB level-2 cache, and a Depth × TileColumns panel of B
    // streams through level 1; Depth × ColumnBlock doubles of B take 6 MiB of level 3.
    private const int Depth = 256;
    private const int RowBlock = 96;
    private const int ColumnBlock = 3072;

    // Multiply-adds below which starting threads costs more than it saves.
    private const long ParallelThreshold = 1 << 21;

    /// <summary>C (m×n) ← α·A (m×k)·B (k×n), plus the old C where <paramref name="accumulate"/>.</summary>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">The inner dimension.</param>
    /// <param name="alpha">α.</param>
    /// <param name="a">A.</param>
    /// <param name="b">B.</param>
    /// <param name="c">C, row-major.</param>
    /// <param name="stride">The row stride of C.</param>
    /// <param name="accumulate">Whether to add to C.</param>
    /// <param name="upperOnly">
    /// Whether only the elements on and above the diagonal of C are wanted: tiles wholly below it are left out, and what
    /// is written below it is undefined.
    /// </param>
    internal static void Multiply(
        int m, int n, int k, double alpha, StridedMatrix a, StridedMatrix b, double* c, nint stride, bool accumulate,
        bool upperOnly = false)
    {
        if (m == 0 || n == 0)
            return;
        if (k == 0)
        {
            for (var i = 0; i < m && !accumulate; i++)
                new Span<double>(c + (i * stride), n).Clear();
            return;
        }

        var parallel = (long)m * n * k >= ParallelThreshold;
        var depth = EvenPart(k, Depth, 1);
        var width = EvenPart(n, ColumnBlock, ProductTile.Columns);
        var height = EvenPart(m, RowBlock, ProductTile.Rows);
        var packed = ArrayPool<double>.Shared.Rent((depth * width) + CacheLines.Doubles);
        fixed (double* packedStart = packed)
        {
            var packedB = CacheLines.Align(packedStart);
            for (var column = 0; column < n; column += width)
            for (var inner = 0; inner < k; inner += depth)
            {
                var (columns, terms) = (Math.Min(width, n - column), Math.Min(depth, k - inner));
                var (firstColumn, firstTerm) = (column, inner);
                var add = accumulate || inner > 0;
                var panels = (columns + ProductTile.Columns - 1) / ProductTile.Columns;
                ParallelLoop.Run(parallel, panels, panel =>
                {
                    var start = panel * ProductTile.Columns;
                    ProductTile.PackColumns(
                        b, firstTerm, firstColumn + start, terms, Math.Min(ProductTile.Columns, columns - start),
                        packedB + ((nint)start * terms));
                });
                var rowLimit = upperOnly ? Math.Min(m, column + columns) : m;
                ParallelLoop.Run(parallel, (rowLimit + height - 1) / height, block =>
                {
                    var row = block * height;
                    MultiplyBlock(
                        row, Math.Min(height, m - row), firstColumn, columns, firstTerm, terms, alpha, a, packedB, c,
                        stride, add, upperOnly);
                });
            }
        }

        ArrayPool<double>.Shared.Return(packed);
    }

    private static void MultiplyBlock(
        int row, int rows, int column, int columns, int inner, int terms, double alpha, StridedMatrix a, double* packedB,
        double* c, nint stride, bool add, bool upperOnly)
    {
        var packed = ArrayPool<double>.Shared.Rent(
            ((rows + ProductTile.Rows) * terms) + CacheLines.Doubles);
        fixed (double* packedStart = packed)
        {
            var packedA = CacheLines.Align(packedStart);
            for (var r = 0; r < rows; r += ProductTile.Rows)
                ProductTile.PackRows(
                    a, row + r, inner, Math.Min(ProductTile.Rows, rows - r), terms, alpha, packedA + ((nint)r * terms));
            for (var s = 0; s < columns; s += ProductTile.Columns)
            for (var r = 0; r < rows; r += ProductTile.Rows)
            {
                if (upperOnly && column + s + ProductTile.Columns <= row + r)
                    continue;
                ProductTile.Multiply(
                    terms, packedA + ((nint)r * terms), packedB + ((nint)s * terms),
                    c + ((row + r) * stride) + column + s, stride, Math.Min(ProductTile.Rows, rows - r),
                    Math.Min(ProductTile.Columns, columns - s), add);
            }
        }

        ArrayPool<double>.Shared.Return(packed);
    }

    /// <summary>The size of equal parts of <paramref name="total"/>, none above the limit, in whole units.</summary>
    private static int EvenPart(int total, int limit, int unit)
    {
        var parts = (total + limit - 1) / limit;
        var size = (total + parts - 1) / parts;
        return (size + unit - 1) / unit * unit;
    }
}
