using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan.Tuning;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    /// <summary>Tiles of the subgroup kernel: rows, and columns of a lane. Both have as many sums; more would not fit a CPU's
    /// nearest cache.</summary>
    private static readonly (int Rows, int LaneColumns) WideTile = (32, 8), TallTile = (64, 4);

    /// <summary>Floats by which a copy's rows are lengthened: a line of a CPU's cache.</summary>
    private const int RowPad = 16;

    /// <summary>Rows of a multiple of so many floats drive each other out of a CPU's cache.</summary>
    private const int BadRow = 128;

    /// <summary>How much of the inner dimension the subgroup kernel adds up at once, where that can be cut.</summary>
    internal const int MostDepth = 4 * MaxTrips;

    /// <summary>Uses of an operand from which on a copy that only lengthens its rows takes less time than it saves.</summary>
    private const int UsesThatPayForACopy = 512;

    /// <summary>A product of less depth has too little arithmetic to hide an epilogue behind: on an H100 an op of its own is faster.</summary>
    private const int LeastDepthOfEpilogue = 128;

    /// <summary>The tile of every product, for measurements and tests; null chooses by the product.</summary>
    internal MatmulTile? ForcedTile { get; set; }

    /// <summary>The tile of a product.</summary>
    /// <exception cref="DeviceException">The device's file in <see cref="DeviceOptions.TuningFolder"/> cannot be read.</exception>
    internal MatmulTile TileOf(bool transposeA, bool transposeB, (int M, int N, int K) size, int parts) =>
        ForcedTile ?? MeasuredTile(transposeA, transposeB, size) ?? MatmulTile.Choose(device.Facts, size.M, size.N, parts);

    private MatmulTile? MeasuredTile(bool transposeA, bool transposeB, (int M, int N, int K) size)
    {
        if (Tuning is not MatmulTuning tuning || MeasuredProduct.Of(transposeA, transposeB, size) is not MeasuredProduct product)
        {
            return null;
        }

        if (!tuning.Has(product, out MatmulTile? tile) && NotesUnmeasured)
        {
            Unmeasured.Add(product);
        }

        return tile;
    }

    /// <inheritdoc/>
    public void Matmul(
        Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor? bias, Tensor c, bool accumulate = false, Epilogue epilogue = default)
    {
        (int m, int n, int k) = ShapeChecks.Matmul(a, transposeA, b, transposeB, bias, c, epilogue);
        Multiply(a, transposeA, b, transposeB, bias, c, (m, n, k), accumulate, upperOnly: false, epilogue);
    }

    /// <inheritdoc/>
    public void MatmulHalves(
        Tensor a, bool transposeA, Tensor words, HalfFormat format, bool transposeB, Tensor? bias, Tensor c, bool accumulate = false,
        Epilogue epilogue = default)
    {
        (int M, int N, int K) size = ShapeChecks.MatmulHalves(a, transposeA, words, transposeB, bias, c, epilogue);
        if (matmul == MatmulKernel.Tile)
        {
            Multiply(a, transposeA, words, transposeB, bias, c, size, accumulate, upperOnly: false, epilogue, format);
            return;
        }

        using Tensor wide = this.Rent(new Shape(words.Rows, 2 * words.Columns), MemoryCategory.Scratch);
        Widen(words, format, wide);
        Multiply(a, transposeA, wide, transposeB, bias, c, size, accumulate, upperOnly: false, epilogue);
    }

    bool IKernels.ReadsHalves => matmul == MatmulKernel.Tile;

    /// <inheritdoc/>
    public void AccumulateGram(Tensor g, bool transpose, Tensor gram)
    {
        (int m, int k) = transpose ? (g.Columns, g.Rows) : (g.Rows, g.Columns);
        ShapeChecks.Expect(gram, new Shape(m, m));
        Multiply(g, transpose, g, !transpose, null, gram, (m, m, k), accumulate: true, upperOnly: true, default);
    }

    /// <summary>Any product.</summary>
    /// <param name="a">As for <see cref="Matmul"/>.</param>
    /// <param name="transposeA">As for <see cref="Matmul"/>.</param>
    /// <param name="b">The values, or their words.</param>
    /// <param name="transposeB">As for <see cref="Matmul"/>.</param>
    /// <param name="bias">As for <see cref="Matmul"/>.</param>
    /// <param name="c">As for <see cref="Matmul"/>.</param>
    /// <param name="size">Of the product.</param>
    /// <param name="accumulate">Whether to add to c.</param>
    /// <param name="upperOnly">Whether tiles below the diagonal are left out.</param>
    /// <param name="epilogue">As for <see cref="Matmul"/>.</param>
    /// <param name="halves">What 16-bit floats the words of b are, which the tile kernel alone reads; null where it has 32-bit floats.</param>
    private void Multiply(
        Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor? bias, Tensor c, (int M, int N, int K) size,
        bool accumulate, bool upperOnly, Epilogue epilogue, HalfFormat? halves = null)
    {
        if (c.Length == 0)
        {
            return;
        }

        if (size.K == 0)
        {
            throw new ArgumentException("Matmul over an empty inner dimension is not defined here.");
        }

        if (matmul == MatmulKernel.Subgroup)
        {
            // Reading its tile of c again, from storage buffers, takes it longer than another op.
            SubgroupMatmul(a, transposeA, b, transposeB, bias, c, size, accumulate, upperOnly);
            epilogue.Apply(this, c);
            return;
        }

        MatmulSplit split = MatmulSplit.Of(size.M, size.N, size.K);
        if (split.Count > 1 && !upperOnly && Math.Max(Math.Max(a.Length, b.Length), split.Count * c.Length) * sizeof(float) <= device.MaxBindingBytes)
        {
            SplitMatmul(a, transposeA, b, halves, transposeB, bias, c, size, accumulate, split);
            epilogue.Apply(this, c);
        }
        else if (size.K < LeastDepthOfEpilogue)
        {
            TileMatmul(a, transposeA, b, halves, transposeB, bias, c, size, accumulate, upperOnly, default);
            epilogue.Apply(this, c);
        }
        else
        {
            TileMatmul(a, transposeA, b, halves, transposeB, bias, c, size, accumulate, upperOnly, epilogue);
        }
    }

    /// <summary>A product by the kernel for software drivers. It reads the operands as they are stored, but in whole quads.</summary>
    private void SubgroupMatmul(
        Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor? bias, Tensor c, (int M, int N, int K) size, bool accumulate,
        bool upperOnly)
    {
        // The two operands of a Gram matrix are the same rows, and share a copy.
        bool isGram = ReferenceEquals(a, b) && transposeA != transposeB;
        using StoredRows whole = transposeA ? default : InQuads(a, 0, a.Rows, depthInRow: true, isGram ? size.N : 0);
        foreach ((int firstDepth, int depth) in DepthChunks(a, transposeA, b, transposeB, size.K, MostDepth))
        {
            using StoredRows left = transposeA ? InQuads(a, firstDepth, depth, depthInRow: false, 0) : whole.From(0);

            // Rows of a transposed b are columns of c.
            foreach ((int firstColumn, int columns) in transposeB ? RowWindows(b.Rows, WholeQuads(b.Columns)) : new Pieces<int>(size.N, size.N))
            {
                (int firstRow, int rows) = transposeB ? (firstColumn, columns) : (firstDepth, depth);
                using StoredRows right = isGram ? left.From(transposeB ? firstColumn : 0) : InQuads(b, firstRow, rows, transposeB, size.M);
                DispatchSubgroups(
                    left, transposeA, right, transposeB, (firstDepth, depth), (firstColumn, columns), firstDepth == 0 ? bias : null, c,
                    accumulate || firstDepth > 0, upperOnly);
            }
        }
    }

    /// <summary>Some rows of an operand, or a copy of them in whole quads where these are not or where longer rows pay.</summary>
    private StoredRows InQuads(Tensor operand, int first, int rows, bool depthInRow, int uses)
    {
        if (PaddedRow(operand.Shape, depthInRow, uses, device.MaxBindingBytes) is not int row)
        {
            return new(operand, first, IsCopy: false);
        }

        Tensor copy = this.Rent(new Shape(rows, row), MemoryCategory.Scratch);
        Dispatch(
            "pad_rows", [Aligned(operand.Columns)], [Quads(RowWindow(operand, first, rows, false), operand.Columns), Write(copy)],
            [(uint)rows, (uint)operand.Columns, (uint)copy.Columns / 4], Fold(DivideUp((long)rows * DivideUp(operand.Columns, 4), ElementwiseGroup)),
            8.0 * rows * operand.Columns);
        return new(copy, 0, IsCopy: true);
    }

    /// <summary>The length of the rows of the copy of an operand that the subgroup kernel reads in its place, or null where it reads the
    /// operand itself.</summary>
    /// <remarks>A CPU's nearest cache keeps few of the addresses that lie a multiple of 4 KiB apart. A tile reads many rows of b side by
    /// side where the inner dimension lies in them, and if their length is 512 bytes or a multiple they drive each other out of it. A
    /// copy's rows are a line of that cache longer, and rows are copied for that alone where the product is large enough to win by it.
    /// Of a it reads fewer rows, which fit.</remarks>
    /// <param name="operand">As it is stored, all of it.</param>
    /// <param name="depthInRow">Whether a row holds the inner dimension.</param>
    /// <param name="uses">For b, how often each element is multiplied: the rows of the product; for a, 0.</param>
    /// <param name="bindingBytes">What a binding holds; an operand is not lengthened beyond it.</param>
    internal static int? PaddedRow(Shape operand, bool depthInRow, int uses, long bindingBytes)
    {
        int row = WholeQuads(operand.Columns);
        bool filled = row != operand.Columns;
        bool crowds = depthInRow && row % BadRow == 0 && operand.Rows * (row + (long)RowPad) * sizeof(float) <= bindingBytes;
        return crowds && (filled || uses >= UsesThatPayForACopy) ? row + RowPad : filled ? row : null;
    }

    /// <summary>The length of a row filled up to whole quads.</summary>
    internal static int WholeQuads(int columns) => DivideUp(columns, 4) * 4;

    /// <summary>Columns of c over a part of the inner dimension.</summary>
    private void DispatchSubgroups(
        StoredRows a, bool transposeA, StoredRows b, bool transposeB, (int First, int Count) depth, (int First, int Count) columns,
        Tensor? bias, Tensor c, bool accumulate, bool upperOnly)
    {
        CheckTrips(DivideUp(depth.Count, 4), "matmul_subgroup");
        (int mostRows, int laneColumns) =
            Covered(TallTile, c.Rows, columns.Count) < Covered(WideTile, c.Rows, columns.Count) ? TallTile : WideTile;
        int rowGroups = Math.Max(1, Math.Min(mostRows, DivideUp(c.Rows, lanes) * lanes) / lanes);
        rowGroups = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rowGroups);
        int tileRows = rowGroups * lanes;
        int columnTiles = DivideUp(columns.Count, lanes * laneColumns);
        double costOfRow = 2.0 * columns.Count * WholeQuads(depth.Count);
        Binding right = b.Window(this, 0, transposeB ? columns.Count : depth.Count);
        foreach ((int first, int rows) in RowChunks(c.Rows, tileRows, costOfRow, transposeA ? 0 : a.Tensor.Columns, c.Columns))
        {
            // The rows of c are columns of a transposed a.
            (Binding left, int firstOfRow) = transposeA ? (a.Window(this, 0, depth.Count), first) : (a.Window(this, first, rows), depth.First);
            int rowTiles = DivideUp(rows, tileRows);
            Dispatch(
                "matmul_subgroup",
                [
                    (uint)lanes, (uint)lanes, (uint)rowGroups, (uint)laneColumns, Flag(transposeA), Flag(transposeB), Aligned(c.Columns),
                ],
                [Quads(left, a.Tensor.Columns), Quads(right, b.Tensor.Columns), RowWindow(c, first, rows, true), ReadOr(bias)],
                [
                    (uint)rows, (uint)columns.Count, (uint)depth.Count, (uint)rowTiles, (uint)columnTiles, (uint)first,
                    Flag(bias is not null), Flag(upperOnly), (uint)a.Tensor.Columns / 4, (uint)b.Tensor.Columns / 4, (uint)firstOfRow / 4,
                    (uint)c.Columns, (uint)columns.First, Flag(accumulate),
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
        Tensor a, bool transposeA, Tensor b, HalfFormat? halves, bool transposeB, Tensor? bias, Tensor c, (int M, int N, int K) size,
        bool accumulate, bool upperOnly, Epilogue epilogue)
    {
        MatmulTile tile = TileOf(transposeA, transposeB, size, parts: 1);
        int bColumns = transposeB ? size.K : size.N;
        foreach ((int firstColumn, int columns) in transposeB ? RowWindows(b) : new Pieces<int>(size.N, size.N))
        {
            int columnTiles = DivideUp(columns, tile.N);
            double costOfRow = 2.0 * columns * size.K;
            foreach ((int firstDepth, int depth) in DepthChunks(a, transposeA, b, transposeB, size.K, MaxTrips / MatmulSplit.TripsOfDepth))
            {
                CheckTrips((long)depth * MatmulSplit.TripsOfDepth, "matmul_tile");
                Tensor? ownBias = firstDepth == 0 ? bias : null;
                Epilogue own = firstDepth + depth == size.K ? epilogue : default;
                Binding right = transposeB ? RowWindow(b, firstColumn, columns, false) : RowWindow(b, firstDepth, depth, false);
                foreach ((int first, int rows) in RowChunks(size.M, tile.M, costOfRow, transposeA ? 0 : a.Columns, size.N))
                {
                    // The rows of c are columns of a transposed a, which stays bound whole; the kernel adds the first row.
                    Binding left = transposeA ? RowWindow(a, firstDepth, depth, false) : RowWindow(a, first, rows, false);
                    Binding product = RowWindow(c, first, rows, true);
                    int rowTiles = DivideUp(rows, tile.M);

                    // What is bound in the place of parts or of an epilogue's operand is taken for written, whether or not it is.
                    Binding beside = own.Operand is Tensor operand ? RowWindow(operand, first, rows, true) : product;
                    DispatchTiles(
                        tile, transposeA, transposeB, accumulate || firstDepth > 0, IsAligned(a.Columns, bColumns, size.N), split: false, halves,
                        own.Kind, [left, right, product, ReadOr(ownBias), beside],
                        [
                            (uint)rows, (uint)columns, (uint)depth, (uint)rowTiles, (uint)columnTiles, (uint)first, (uint)a.Columns,
                            (uint)bColumns, Flag(ownBias is not null), Flag(upperOnly), (uint)firstDepth, (uint)size.N, (uint)firstColumn,
                            0, 0, 0,
                        ],
                        Fold(rowTiles * columnTiles), costOfRow * rows * depth / size.K);
                }
            }
        }
    }

    private void DispatchTiles(
        MatmulTile tile, bool transposeA, bool transposeB, bool accumulate, bool aligned, bool split, HalfFormat? halves,
        EpilogueKind epilogue, ReadOnlySpan<Binding> bindings, ReadOnlySpan<uint> push, (uint X, uint Y, uint Z) groups, double cost) =>
        Dispatch(
            "matmul_tile",
            [
                (uint)tile.Threads, (uint)tile.M, (uint)tile.N, (uint)tile.Rows, (uint)tile.Columns, (uint)tile.Depth, Flag(transposeA),
                Flag(transposeB), Flag(accumulate), Flag(aligned), Flag(split),
                halves switch { null => 0u, HalfFormat.BFloat16 => 1u, _ => 2u }, (uint)epilogue,
            ],
            bindings, push, groups, cost);

    /// <summary>Whether the rows of all three are whole quads.</summary>
    private static bool IsAligned(int aColumns, int bColumns, int cColumns) => aColumns % 4 == 0 && bColumns % 4 == 0 && cColumns % 4 == 0;

    /// <summary>A product whose depth is cut into parts for different workgroups.</summary>
    private void SplitMatmul(
        Tensor a, bool transposeA, Tensor b, HalfFormat? halves, bool transposeB, Tensor? bias, Tensor c, (int M, int N, int K) size, bool accumulate,
        MatmulSplit split)
    {
        MatmulTile tile = TileOf(transposeA, transposeB, size, split.Count);
        int bColumns = transposeB ? size.K : size.N;
        (int rowTiles, int columnTiles) = (DivideUp(size.M, tile.M), DivideUp(size.N, tile.N));
        int tiles = rowTiles * columnTiles;
        double costOfTile = 2.0 * size.M * size.N * split.Depth / tiles;
        using Tensor parts = this.Rent(new Shape(split.Count - 1, size.M * size.N), MemoryCategory.Scratch);

        // No more at once than a submission should hold: some parts, or some tiles of one.
        double most = Stream.CostLimit / costOfTile;
        foreach ((int firstPart, int partCount) in new Pieces<int>(split.Count, (int)Math.Clamp(most / tiles, 1, split.Count)))
        {
            foreach ((int firstTile, int tileCount) in new Pieces<int>(tiles, (int)Math.Clamp(most / partCount, 1, tiles)))
            {
                (uint x, uint y, _) = Fold(tileCount);
                DispatchTiles(
                    tile, transposeA, transposeB, accumulate, IsAligned(a.Columns, bColumns, size.N), split: true, halves,
                    EpilogueKind.None, [Read(a), Read(b), Write(c), ReadOr(bias), Write(parts)],
                    [
                        (uint)size.M, (uint)size.N, (uint)size.K, (uint)rowTiles, (uint)columnTiles, 0, (uint)a.Columns, (uint)bColumns,
                        Flag(bias is not null), 0, 0, (uint)size.N, 0, (uint)split.Depth, (uint)firstPart, (uint)firstTile,
                    ],
                    (x, y, (uint)partCount), costOfTile * tileCount * partCount);
            }
        }

        ColumnSumPass(parts, null, c, accumulate: true);
    }

    /// <summary>Cuts the inner dimension so that no invocation loops too often, and a binding holds those rows of an operand that has it
    /// down its rows. Where it is b's columns it is a width of the model, and is not cut.</summary>
    private Pieces<int> DepthChunks(Tensor a, bool transposeA, Tensor b, bool transposeB, int k, int most)
    {
        if (transposeB)
        {
            return new(k, k);
        }

        most = Math.Min(most, MostRows(b.Rows, WholeQuads(b.Columns)));
        return new(k, transposeA ? Math.Min(most, MostRows(a.Rows, WholeQuads(a.Columns))) : most);
    }

    /// <summary>Cuts the rows of c so that a dispatch neither runs too long nor binds too much.</summary>
    private Pieces<int> RowChunks(int m, int tileRows, double costOfRow, int aRowFloats, int cRowFloats)
    {
        long bound = device.MaxBindingBytes / (sizeof(float) * (long)Math.Max(aRowFloats, cRowFloats));
        double rows = Math.Min(Math.Min(m, bound), Math.Max(tileRows, Stream.CostLimit / costOfRow));

        // Chunks start at multiples of 64 rows, so at multiples of 256 bytes.
        return new(m, rows >= m ? m : Math.Max(64, (int)rows / 64 * 64));
    }

    /// <summary>Rows of an operand where they are stored, or in a copy.</summary>
    /// <param name="Tensor">Has them.</param>
    /// <param name="First">The first.</param>
    /// <param name="IsCopy">Whether the tensor goes with this.</param>
    private readonly record struct StoredRows(Tensor Tensor, int First, bool IsCopy) : IDisposable
    {
        /// <summary>The rows behind some, which leave the tensor to these.</summary>
        public StoredRows From(int row) => new(Tensor, First + row, IsCopy: false);

        /// <summary>Some of the rows, to be read.</summary>
        public Binding Window(VulkanKernels kernels, int first, int count) => kernels.RowWindow(Tensor, First + first, count, false);

        public void Dispose()
        {
            if (IsCopy)
            {
                Tensor.Dispose();
            }
        }
    }
}
