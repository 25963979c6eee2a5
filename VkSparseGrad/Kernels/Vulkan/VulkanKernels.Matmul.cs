using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    /// <summary>Tiles of the subgroup kernel: rows, and columns of a lane. Both have as many sums; more would not fit a CPU's
    /// nearest cache.</summary>
    private static readonly (int Rows, int LaneColumns) WideTile = (32, 8), TallTile = (64, 4);

    /// <summary>Floats by which a copy's rows are lengthened: a line of a CPU's cache.</summary>
    private const int RowPad = 16;

    /// <summary>Rows of a multiple of so many floats drive each other out of a CPU's cache, all of them or in part.</summary>
    private const int WorstRow = 1024, BadRow = 128;

    /// <summary>Uses of an operand from which on a copy that only lengthens its rows takes less time than it saves.</summary>
    private const int UsesThatPayForACopy = 256;

    /// <summary>The tile of every product, for measurements and tests; null chooses by the product.</summary>
    internal MatmulTile? ForcedTile { get; set; }

    /// <summary>The tile of a product.</summary>
    /// <exception cref="DeviceException">The device's file in <see cref="DeviceOptions.TuningFolder"/> cannot be read.</exception>
    internal MatmulTile TileOf(bool transposeA, bool transposeB, (int M, int N, int K) size, int parts) =>
        ForcedTile ?? tuning.Value?.Tile(transposeA, transposeB, size) ?? MatmulTile.Choose(device.Facts, size.M, size.N, parts);

    /// <inheritdoc/>
    public void Matmul(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor? bias, Tensor c, bool accumulate = false)
    {
        (int m, int n, int k) = ShapeChecks.Matmul(a, transposeA, b, transposeB, bias, c);
        Multiply(a, transposeA, b, transposeB, bias, c, (m, n, k), accumulate, upperOnly: false);
    }

    /// <inheritdoc/>
    public void AccumulateGram(Tensor g, bool transpose, Tensor gram)
    {
        (int m, int k) = transpose ? (g.Columns, g.Rows) : (g.Rows, g.Columns);
        ShapeChecks.Expect(gram, new Shape(m, m));
        Multiply(g, transpose, g, !transpose, null, gram, (m, m, k), accumulate: true, upperOnly: true);
    }

    private void Multiply(
        Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor? bias, Tensor c, (int M, int N, int K) size,
        bool accumulate, bool upperOnly)
    {
        if (c.Length == 0)
        {
            return;
        }

        if (size.K == 0)
        {
            throw new ArgumentException("Matmul over an empty inner dimension is not defined here.");
        }

        if (matmul == MatmulKernel.Tile)
        {
            TileMatmul(a, transposeA, b, transposeB, bias, c, size, accumulate, upperOnly);
            return;
        }

        // This kernel wants both operands with the inner dimension contiguous, in whole quads.
        using Tensor? leftCopy = InnerContiguousCopy(a, transposeA, 0, a.Rows, size.N);
        Tensor left = leftCopy ?? a;
        bool sameCopy = ReferenceEquals(a, b) && transposeA == !transposeB;
        if (sameCopy || transposeB)
        {
            // Columns of c are rows of b, of which a binding may hold some only.
            Tensor right = sameCopy ? left : b;
            Shape? wholeCopy = sameCopy ? null : InnerContiguousShape(b.Shape, transpose: false, size.M, device.MaxBindingBytes);
            foreach ((int first, int count) in RowWindows(right.Rows, wholeCopy?.Columns ?? right.Columns))
            {
                using Tensor? copy = wholeCopy is null ? null : InnerContiguousCopy(b, transpose: false, first, count, size.M);
                (Tensor rows, int firstRow) = copy is null ? (right, first) : (copy, 0);
                SubgroupMatmul(left, 0, rows, firstRow, size.K, count, first, bias, c, accumulate, upperOnly);
            }

            return;
        }

        // Rows of b are the depth, and are transposed some at a time where a binding holds no more.
        foreach ((int first, int count) in RowWindows(b))
        {
            using Tensor right = InnerContiguousCopy(b, transpose: true, first, count, size.M)!;
            SubgroupMatmul(
                left, first / 4, right, 0, count, right.Rows, 0, first == 0 ? bias : null, c, accumulate || first > 0, upperOnly);
        }
    }

    /// <summary>A transposed or padded copy of some rows of an operand, or null where these will do as they are.</summary>
    private Tensor? InnerContiguousCopy(Tensor operand, bool transpose, int first, int rows, int uses)
    {
        if (InnerContiguousShape(new Shape(rows, operand.Columns), transpose, uses, device.MaxBindingBytes) is not Shape shape)
        {
            return null;
        }

        Tensor copy = this.Allocate(shape, MemoryCategory.Scratch);
        int blocks = DivideUp(rows, 4) * DivideUp(operand.Columns, 4);
        Dispatch(
            "transpose", [Flag(transpose), Aligned(operand.Columns)],
            [Quads(RowWindow(operand, first, rows, false), operand.Columns), Write(copy)],
            [(uint)rows, (uint)operand.Columns, (uint)copy.Columns / 4], Fold(DivideUp(blocks, 64)), 8.0 * rows * operand.Columns);
        return copy;
    }

    /// <summary>The shape of the copy of an operand that the subgroup kernel reads in its place, or null where it reads the operand
    /// itself.</summary>
    /// <remarks>A CPU's nearest cache keeps few of the addresses that lie a multiple of 4 KiB apart, so rows of such a length, which a
    /// tile reads side by side, drive each other out of it; rows of 512 bytes or a multiple do in part. A copy's rows are a line of that
    /// cache longer then, and an operand of the worst length is copied for that alone where the product is large enough to win by it.</remarks>
    /// <param name="operand">As it is stored.</param>
    /// <param name="transpose">Whether its rows are the inner dimension.</param>
    /// <param name="uses">How often each of its elements is multiplied: the other operand's outer dimension.</param>
    /// <param name="bindingBytes">What a binding holds; a copy is not made, or not lengthened, beyond it.</param>
    internal static Shape? InnerContiguousShape(Shape operand, bool transpose, int uses, long bindingBytes)
    {
        (int outer, int inner) = transpose ? operand.Transposed : operand;
        int row = DivideUp(inner, 4) * 4;
        bool canPad = (long)outer * (row + RowPad) * sizeof(float) <= bindingBytes;
        bool pays = canPad && inner % WorstRow == 0 && uses >= UsesThatPayForACopy;
        return !transpose && inner % 4 == 0 && !pays ? null : new Shape(outer, row % BadRow == 0 && canPad ? row + RowPad : row);
    }

    /// <summary>Columns of c from so many rows of b.</summary>
    /// <param name="a">Rows of whole quads.</param>
    /// <param name="firstQuad">The quad of a row of a that goes with the first of b's.</param>
    /// <param name="b">Rows of whole quads.</param>
    /// <param name="firstRow">The first row of b.</param>
    /// <param name="depth">How many of a row's elements are added up; zeros fill the last quad.</param>
    /// <param name="columns">How many rows of b, and columns of c.</param>
    /// <param name="firstColumn">The first column of c.</param>
    /// <param name="bias">For all columns of c, or null.</param>
    /// <param name="c">The product.</param>
    /// <param name="accumulate">Whether to add to it.</param>
    /// <param name="upperOnly">Whether what lies below the diagonal may be left out.</param>
    private void SubgroupMatmul(
        Tensor a, int firstQuad, Tensor b, int firstRow, int depth, int columns, int firstColumn, Tensor? bias, Tensor c, bool accumulate,
        bool upperOnly)
    {
        int quads = DivideUp(depth, 4);
        CheckTrips(quads, "matmul_subgroup");
        (int mostRows, int laneColumns) = Covered(TallTile, c.Rows, columns) < Covered(WideTile, c.Rows, columns) ? TallTile : WideTile;
        int rowGroups = Math.Max(1, Math.Min(mostRows, DivideUp(c.Rows, lanes) * lanes) / lanes);
        rowGroups = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rowGroups);
        int tileRows = rowGroups * lanes;
        int columnTiles = DivideUp(columns, lanes * laneColumns);
        double costOfRow = 8.0 * columns * quads;
        foreach ((int first, int rows) in RowChunks(c.Rows, tileRows, costOfRow, a.Columns, c.Columns))
        {
            int rowTiles = DivideUp(rows, tileRows);
            Dispatch(
                "matmul_subgroup",
                [(uint)lanes, (uint)lanes, (uint)rowGroups, (uint)laneColumns, Flag(accumulate), Aligned(c.Columns)],
                [
                    Quads(RowWindow(a, first, rows, false), a.Columns), Quads(RowWindow(b, firstRow, columns, false), b.Columns),
                    RowWindow(c, first, rows, true), ReadOr(bias),
                ],
                [
                    (uint)rows, (uint)columns, (uint)quads, (uint)rowTiles, (uint)columnTiles, (uint)first, Flag(bias is not null),
                    Flag(upperOnly), (uint)a.Columns / 4, (uint)b.Columns / 4, (uint)firstQuad, (uint)c.Columns, (uint)firstColumn,
                ],
                Fold(rowTiles * columnTiles), costOfRow * rows);
        }
    }

    /// <summary>Elements that tiles cover, those past the product's edges included.</summary>
    private long Covered((int Rows, int LaneColumns) tile, int m, int n)
    {
        int columns = tile.LaneColumns * lanes;
        return (long)DivideUp(m, tile.Rows) * tile.Rows * DivideUp(n, columns) * columns;
    }

    private void TileMatmul(
        Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor? bias, Tensor c, (int M, int N, int K) size,
        bool accumulate, bool upperOnly)
    {
        MatmulSplit split = MatmulSplit.Of(size.M, size.N, size.K);
        if (split.Count > 1 && !upperOnly && Math.Max(Math.Max(a.Length, b.Length), split.Count * c.Length) * sizeof(float) <= device.MaxBindingBytes)
        {
            SplitMatmul(a, transposeA, b, transposeB, bias, c, size, accumulate, split);
            return;
        }

        MatmulTile tile = TileOf(transposeA, transposeB, size, parts: 1);
        foreach ((int firstColumn, int columns) in transposeB ? RowWindows(b) : new Pieces<int>(size.N, size.N))
        {
            int columnTiles = DivideUp(columns, tile.N);
            double costOfRow = 2.0 * columns * size.K;
            foreach ((int firstDepth, int depth) in DepthChunks(b, size.K, transposeB))
            {
                Tensor? ownBias = firstDepth == 0 ? bias : null;
                Binding right = transposeB ? RowWindow(b, firstColumn, columns, false) : RowWindow(b, firstDepth, depth, false);
                foreach ((int first, int rows) in RowChunks(size.M, tile.M, costOfRow, transposeA ? 0 : a.Columns, size.N))
                {
                    // The rows of c are columns of a transposed a, which stays bound whole; the kernel adds the first row.
                    Binding left = transposeA ? RowWindow(a, firstDepth, depth, false) : RowWindow(a, first, rows, false);
                    Binding product = RowWindow(c, first, rows, true);
                    int rowTiles = DivideUp(rows, tile.M);

                    // There are no parts, but what is bound in their place is taken for written: it gets a tensor that is.
                    DispatchTiles(
                        tile, transposeA, transposeB, accumulate || firstDepth > 0, AreAligned(a, b, c), split: false,
                        [left, right, product, ReadOr(ownBias), product],
                        [
                            (uint)rows, (uint)columns, (uint)depth, (uint)rowTiles, (uint)columnTiles, (uint)first, (uint)a.Columns,
                            (uint)b.Columns, Flag(ownBias is not null), Flag(upperOnly), (uint)firstDepth, (uint)size.N, (uint)firstColumn,
                            0, 0, 0,
                        ],
                        Fold(rowTiles * columnTiles), costOfRow * rows * depth / size.K);
                }
            }
        }
    }

    private void DispatchTiles(
        MatmulTile tile, bool transposeA, bool transposeB, bool accumulate, bool aligned, bool split, ReadOnlySpan<Binding> bindings,
        ReadOnlySpan<uint> push, (uint X, uint Y, uint Z) groups, double cost) =>
        Dispatch(
            "matmul_tile",
            [
                (uint)tile.Threads, (uint)tile.M, (uint)tile.N, (uint)tile.Rows, (uint)tile.Columns, (uint)tile.Depth, Flag(transposeA),
                Flag(transposeB), Flag(accumulate), Flag(aligned), Flag(split),
            ],
            bindings, push, groups, cost);

    /// <summary>Whether the rows of all three are whole quads.</summary>
    private static bool AreAligned(Tensor a, Tensor b, Tensor c) => a.Columns % 4 == 0 && b.Columns % 4 == 0 && c.Columns % 4 == 0;

    /// <summary>A product whose depth is cut into parts for different workgroups.</summary>
    private void SplitMatmul(
        Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor? bias, Tensor c, (int M, int N, int K) size, bool accumulate,
        MatmulSplit split)
    {
        MatmulTile tile = TileOf(transposeA, transposeB, size, split.Count);
        (int rowTiles, int columnTiles) = (DivideUp(size.M, tile.M), DivideUp(size.N, tile.N));
        int tiles = rowTiles * columnTiles;
        double costOfTile = 2.0 * size.M * size.N * split.Depth / tiles;
        using Tensor parts = this.Allocate(new Shape(split.Count - 1, size.M * size.N), MemoryCategory.Scratch);

        // No more at once than a submission should hold: some parts, or some tiles of one.
        double most = Stream.CostLimit / costOfTile;
        foreach ((int firstPart, int partCount) in new Pieces<int>(split.Count, (int)Math.Clamp(most / tiles, 1, split.Count)))
        {
            foreach ((int firstTile, int tileCount) in new Pieces<int>(tiles, (int)Math.Clamp(most / partCount, 1, tiles)))
            {
                (uint x, uint y, _) = Fold(tileCount);
                DispatchTiles(
                    tile, transposeA, transposeB, accumulate, AreAligned(a, b, c), split: true,
                    [Read(a), Read(b), Write(c), ReadOr(bias), Write(parts)],
                    [
                        (uint)size.M, (uint)size.N, (uint)size.K, (uint)rowTiles, (uint)columnTiles, 0, (uint)a.Columns, (uint)b.Columns,
                        Flag(bias is not null), 0, 0, (uint)size.N, 0, (uint)split.Depth, (uint)firstPart, (uint)firstTile,
                    ],
                    (x, y, (uint)partCount), costOfTile * tileCount * partCount);
            }
        }

        ColumnSumPass(parts, null, c, accumulate: true);
    }

    /// <summary>Cuts the inner dimension so that no invocation loops too often, and a binding holds those rows of b. Where the inner
    /// dimension is b's columns it is a width of the model, and one that is too large is refused.</summary>
    private Pieces<int> DepthChunks(Tensor b, int k, bool transposeB)
    {
        if (transposeB)
        {
            CheckTrips((long)k * MatmulSplit.TripsOfDepth, "matmul_tile");
            return new(k, k);
        }

        return new(k, Math.Min(MaxTrips / MatmulSplit.TripsOfDepth, MostRows(b.Rows, b.Columns)));
    }

    /// <summary>Cuts the rows of c so that a dispatch neither runs too long nor binds too much.</summary>
    private Pieces<int> RowChunks(int m, int tileRows, double costOfRow, int aRowFloats, int cRowFloats)
    {
        long bound = device.MaxBindingBytes / (sizeof(float) * (long)Math.Max(aRowFloats, cRowFloats));
        double rows = Math.Min(Math.Min(m, bound), Math.Max(tileRows, Stream.CostLimit / costOfRow));

        // Chunks start at multiples of 64 rows, so at multiples of 256 bytes.
        return new(m, rows >= m ? m : Math.Max(64, (int)rows / 64 * 64));
    }
}
