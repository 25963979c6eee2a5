using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    /// <inheritdoc/>
    public void GatherRows(Tensor table, Tensor ids, Tensor y, bool accumulate = false)
    {
        ShapeChecks.GatherRows(table, ids, y);
        foreach ((int first, int count) in RowWindows(table))
        {
            Dispatch(
                "gather_rows", [Flag(accumulate), Aligned(y.Columns), CopiesAhead],
                [Quads(RowWindow(table, first, count, false), y.Columns), Read(ids), Write(y)],
                [(uint)y.Rows, (uint)y.Columns, (uint)first, (uint)count], Fold(y.Rows), 8.0 * y.Length);
        }
    }

    /// <inheritdoc/>
    public void GatherHalves(Tensor words, HalfFormat format, Tensor ids, Tensor y, bool accumulate = false)
    {
        ShapeChecks.GatherHalves(words, ids, y);
        foreach ((int first, int count) in RowWindows(words))
        {
            Dispatch(
                "gather_halves", [Flag(accumulate), Aligned(words.Columns), Flag(format == HalfFormat.BFloat16), CopiesAhead],
                [Quads(RowWindow(words, first, count, false), words.Columns), Read(ids), Write(y)],
                [(uint)y.Rows, (uint)words.Columns, (uint)first, (uint)count], Fold(y.Rows), 8.0 * y.Length);
        }
    }

    /// <inheritdoc/>
    public void ScatterAddRows(Tensor dy, RowSegments segments, Tensor dTable)
    {
        ArgumentNullException.ThrowIfNull(segments);
        ShapeChecks.Expect(dy, new Shape((int)segments.Order.Length, dTable.Columns));
        CheckTrips(segments.Longest, "scatter_add_rows");
        (uint x, uint y, _) = Fold(segments.Count);
        foreach ((int first, int count) in RowWindows(dTable))
        {
            Dispatch(
                "scatter_add_rows", [],
                [Read(dy), Read(segments.Rows), Read(segments.Starts), Read(segments.Order), RowWindow(dTable, first, count, true)],
                [(uint)segments.Count, (uint)dy.Columns, (uint)first, (uint)count],
                (x, y, (uint)DivideUp(dy.Columns, ElementwiseGroup)), 8.0 * dy.Length);
        }
    }

    /// <inheritdoc/>
    public void Rotate(Tensor x, Tensor table, Tensor positions, bool inverse, Tensor y)
    {
        ShapeChecks.Rotate(x, table, positions, y);
        if (x.Length == 0)
        {
            return;
        }

        int half = table.Columns / 2, quads = DivideUp(half, 4), heads = x.Columns / table.Columns;
        foreach ((int first, int count) in RowWindows(x))
        {
            Dispatch(
                "rotate", [Aligned(half), Flag(inverse)],
                [
                    Quads(RowWindow(x, first, count, false), half), Quads(Read(table), half), Read(positions),
                    RowWindow(y, first, count, true),
                ],
                [(uint)count, (uint)first, (uint)heads, (uint)half],
                Fold(DivideUp((long)count * heads * quads, ElementwiseGroup)), 20.0 * count * x.Columns);
        }
    }

    /// <summary>Splits a table by rows into windows that a binding can hold.</summary>
    private Pieces<int> RowWindows(Tensor table) => RowWindows(table.Rows, table.Columns);

    private Pieces<int> RowWindows(int rows, int columns) => new(rows, MostRows(rows, columns));

    /// <summary>How many rows a binding can hold.</summary>
    private int MostRows(int rows, int columns)
    {
        // Windows start at multiples of 64 rows, so at multiples of 256 bytes, which any device takes as an offset.
        long fit = device.MaxBindingBytes / (columns * (long)sizeof(float));
        int most = (int)Math.Min(int.MaxValue, fit >= rows ? rows : fit / 64 * 64);
        if (most == 0)
        {
            throw new DeviceException($"A row of {columns} floats is too wide for {device.Info.Name}.");
        }

        return most;
    }

    private Binding RowWindow(Tensor table, int first, int count, bool writes)
    {
        long row = table.Columns * (long)sizeof(float);
        return new Binding(Bound(table, first * row, count * row), writes);
    }
}
