using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>
/// The innermost part of <see cref="MatrixProduct"/>: a tile of C that stays in registers while panels of A and B stream
/// past it, and the packing that lays out these panels.
/// </summary>
internal static unsafe class ProductTile
{
    /// <summary>Rows of the tile: 8 with 512-bit vectors, 4 with 256-bit ones.</summary>
    internal static int Rows => Vector512.IsHardwareAccelerated ? 8 : 4;

    /// <summary>Columns of the tile: three vectors.</summary>
    internal static int Columns => Vector512.IsHardwareAccelerated ? 24 : 12;

    private const int LineLength = CacheLines.Doubles;

    /// <summary>Packs rows of A, scaled: for each term the tile's rows together, missing rows as zeros.</summary>
    internal static void PackRows(
        StridedMatrix a, int row, int inner, int rows, int terms, double alpha, double* packed) =>
        Pack(a.At(row, inner), a.RowStride, a.ColumnStride, rows, Rows, terms, alpha, packed);

    /// <summary>Packs columns of B: for each term the tile's columns together, missing columns as zeros.</summary>
    internal static void PackColumns(StridedMatrix b, int inner, int column, int terms, int columns, double* packed) =>
        Pack(b.At(inner, column), b.ColumnStride, b.RowStride, columns, Columns, terms, 1, packed);

    private static void Pack(
        double* source, nint lineStride, nint termStride, int lines, int width, int terms, double alpha, double* packed)
    {
        if (lines < width)
            new Span<double>(packed, width * terms).Clear();
        if (lineStride == 1 && lines == width)
        {
            var factor = Vector256.Create(alpha);
            for (var t = 0; t < terms; t++, source += termStride, packed += width)
            for (var l = 0; l < width; l += 4)
                (factor * Vector256.Load(source + l)).Store(packed + l);
            return;
        }

        var line = 0;
        if (termStride == 1)
        {
            for (; line <= lines - 4; line += 4)
                PackTransposed(source + (line * lineStride), lineStride, width, terms, alpha, packed + line);
        }

        for (; line < lines; line++)
        {
            var from = source + (line * lineStride);
            for (var t = 0; t < terms; t++)
                packed[((nint)t * width) + line] = alpha * from[t * termStride];
        }
    }

    /// <summary>Four lines of contiguous terms, transposed in registers four terms at a time.</summary>
    private static void PackTransposed(
        double* source, nint lineStride, int width, int terms, double alpha, double* packed)
    {
        var factor = Vector256.Create(alpha);
        var l0 = source;
        var l1 = l0 + lineStride;
        var l2 = l1 + lineStride;
        var l3 = l2 + lineStride;
        var t = 0;
        for (; t <= terms - 4; t += 4, packed += 4 * width)
        {
            var v0 = factor * Vector256.Load(l0 + t);
            var v1 = factor * Vector256.Load(l1 + t);
            var v2 = factor * Vector256.Load(l2 + t);
            var v3 = factor * Vector256.Load(l3 + t);
            // Pairs of the elements 0 and 2, and 1 and 3, of two lines; then halves of these.
            var even01 = Vector256.ConditionalSelect(EvenLanes, v0, SwapPairs(v1));
            var odd01 = Vector256.ConditionalSelect(EvenLanes, SwapPairs(v0), v1);
            var even23 = Vector256.ConditionalSelect(EvenLanes, v2, SwapPairs(v3));
            var odd23 = Vector256.ConditionalSelect(EvenLanes, SwapPairs(v2), v3);
            even01.GetLower().Store(packed);
            even23.GetLower().Store(packed + 2);
            odd01.GetLower().Store(packed + width);
            odd23.GetLower().Store(packed + width + 2);
            even01.GetUpper().Store(packed + (2 * width));
            even23.GetUpper().Store(packed + (2 * width) + 2);
            odd01.GetUpper().Store(packed + (3 * width));
            odd23.GetUpper().Store(packed + (3 * width) + 2);
        }

        for (; t < terms; t++, packed += width)
        {
            packed[0] = alpha * l0[t];
            packed[1] = alpha * l1[t];
            packed[2] = alpha * l2[t];
            packed[3] = alpha * l3[t];
        }
    }

    private static Vector256<double> EvenLanes => Vector256.Create(-1L, 0, -1, 0).AsDouble();

    private static Vector256<double> SwapPairs(Vector256<double> v) =>
        Vector256.Shuffle(v, Vector256.Create(1L, 0, 3, 2));

    /// <summary>C ← (C +) A·B for one tile of C, of which the first rows and columns are wanted.</summary>
    internal static void Multiply(
        int terms, double* a, double* b, double* c, nint stride, int rows, int columns, bool add)
    {
        if (rows == Rows && columns == Columns)
        {
            MultiplyFull(terms, a, b, c, stride, add);
            return;
        }

        var whole = stackalloc double[Rows * Columns];
        MultiplyFull(terms, a, b, whole, Columns, add: false);
        for (var i = 0; i < rows; i++)
        for (var j = 0; j < columns; j++)
            c[(i * stride) + j] = add ? c[(i * stride) + j] + whole[(i * Columns) + j] : whole[(i * Columns) + j];
    }

    private static void MultiplyFull(int terms, double* a, double* b, double* c, nint stride, bool add)
    {
        // C comes from far away and is needed only after the last term.
        if (add && Sse.IsSupported)
        {
            for (var i = 0; i < Rows; i++)
            for (var j = 0; j < Columns + LineLength - 1; j += LineLength)
                Sse.Prefetch0(c + (i * stride) + Math.Min(j, Columns - 1));
        }

        if (Vector512.IsHardwareAccelerated)
            Multiply8By24(terms, a, b, c, stride, add);
        else
            Multiply4By12(terms, a, b, c, stride, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply8By24(int terms, double* a, double* b, double* c, nint stride, bool add)
    {
        Vector512<double> c00 = default, c01 = default, c02 = default;
        Vector512<double> c10 = default, c11 = default, c12 = default;
        Vector512<double> c20 = default, c21 = default, c22 = default;
        Vector512<double> c30 = default, c31 = default, c32 = default;
        Vector512<double> c40 = default, c41 = default, c42 = default;
        Vector512<double> c50 = default, c51 = default, c52 = default;
        Vector512<double> c60 = default, c61 = default, c62 = default;
        Vector512<double> c70 = default, c71 = default, c72 = default;
        for (; terms > 0; terms--, a += 8, b += 24)
        {
            var b0 = Vector512.LoadAligned(b);
            var b1 = Vector512.LoadAligned(b + 8);
            var b2 = Vector512.LoadAligned(b + 16);
            var a0 = Vector512.Create(a[0]);
            c00 = Vector512.FusedMultiplyAdd(a0, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(a0, b1, c01);
            c02 = Vector512.FusedMultiplyAdd(a0, b2, c02);
            var a1 = Vector512.Create(a[1]);
            c10 = Vector512.FusedMultiplyAdd(a1, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(a1, b1, c11);
            c12 = Vector512.FusedMultiplyAdd(a1, b2, c12);
            var a2 = Vector512.Create(a[2]);
            c20 = Vector512.FusedMultiplyAdd(a2, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(a2, b1, c21);
            c22 = Vector512.FusedMultiplyAdd(a2, b2, c22);
            var a3 = Vector512.Create(a[3]);
            c30 = Vector512.FusedMultiplyAdd(a3, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(a3, b1, c31);
            c32 = Vector512.FusedMultiplyAdd(a3, b2, c32);
            var a4 = Vector512.Create(a[4]);
            c40 = Vector512.FusedMultiplyAdd(a4, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(a4, b1, c41);
            c42 = Vector512.FusedMultiplyAdd(a4, b2, c42);
            var a5 = Vector512.Create(a[5]);
            c50 = Vector512.FusedMultiplyAdd(a5, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(a5, b1, c51);
            c52 = Vector512.FusedMultiplyAdd(a5, b2, c52);
            var a6 = Vector512.Create(a[6]);
            c60 = Vector512.FusedMultiplyAdd(a6, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(a6, b1, c61);
            c62 = Vector512.FusedMultiplyAdd(a6, b2, c62);
            var a7 = Vector512.Create(a[7]);
            c70 = Vector512.FusedMultiplyAdd(a7, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(a7, b1, c71);
            c72 = Vector512.FusedMultiplyAdd(a7, b2, c72);
        }

        Store(c, c00, c01, c02, add);
        Store(c + stride, c10, c11, c12, add);
        Store(c + (2 * stride), c20, c21, c22, add);
        Store(c + (3 * stride), c30, c31, c32, add);
        Store(c + (4 * stride), c40, c41, c42, add);
        Store(c + (5 * stride), c50, c51, c52, add);
        Store(c + (6 * stride), c60, c61, c62, add);
        Store(c + (7 * stride), c70, c71, c72, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        double* c, Vector512<double> v0, Vector512<double> v1, Vector512<double> v2, bool add)
    {
        if (add)
        {
            v0 += Vector512.Load(c);
            v1 += Vector512.Load(c + 8);
            v2 += Vector512.Load(c + 16);
        }

        v0.Store(c);
        v1.Store(c + 8);
        v2.Store(c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply4By12(int terms, double* a, double* b, double* c, nint stride, bool add)
    {
        Vector256<double> c00 = default, c01 = default, c02 = default;
        Vector256<double> c10 = default, c11 = default, c12 = default;
        Vector256<double> c20 = default, c21 = default, c22 = default;
        Vector256<double> c30 = default, c31 = default, c32 = default;
        for (; terms > 0; terms--, a += 4, b += 12)
        {
            var b0 = Vector256.LoadAligned(b);
            var b1 = Vector256.LoadAligned(b + 4);
            var b2 = Vector256.LoadAligned(b + 8);
            var a0 = Vector256.Create(a[0]);
            c00 = Vector256.FusedMultiplyAdd(a0, b0, c00);
            c01 = Vector256.FusedMultiplyAdd(a0, b1, c01);
            c02 = Vector256.FusedMultiplyAdd(a0, b2, c02);
            var a1 = Vector256.Create(a[1]);
            c10 = Vector256.FusedMultiplyAdd(a1, b0, c10);
            c11 = Vector256.FusedMultiplyAdd(a1, b1, c11);
            c12 = Vector256.FusedMultiplyAdd(a1, b2, c12);
            var a2 = Vector256.Create(a[2]);
            c20 = Vector256.FusedMultiplyAdd(a2, b0, c20);
            c21 = Vector256.FusedMultiplyAdd(a2, b1, c21);
            c22 = Vector256.FusedMultiplyAdd(a2, b2, c22);
            var a3 = Vector256.Create(a[3]);
            c30 = Vector256.FusedMultiplyAdd(a3, b0, c30);
            c31 = Vector256.FusedMultiplyAdd(a3, b1, c31);
            c32 = Vector256.FusedMultiplyAdd(a3, b2, c32);
        }

        Store(c, c00, c01, c02, add);
        Store(c + stride, c10, c11, c12, add);
        Store(c + (2 * stride), c20, c21, c22, add);
        Store(c + (3 * stride), c30, c31, c32, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        double* c, Vector256<double> v0, Vector256<double> v1, Vector256<double> v2, bool add)
    {
        if (add)
        {
            v0 += Vector256.Load(c);
            v1 += Vector256.Load(c + 4);
            v2 += Vector256.Load(c + 8);
        }

        v0.Store(c);
        v1.Store(c + 4);
        v2.Store(c + 8);
    }
}
