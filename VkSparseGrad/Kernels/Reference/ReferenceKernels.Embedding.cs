using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

public sealed partial class ReferenceKernels
{
    /// <inheritdoc/>
    public void GatherRows(Tensor table, Tensor ids, Tensor y, bool accumulate = false)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(y);
        int columns = table.Columns;
        ShapeChecks.GatherRows(table, ids, y);
        Span<uint> rows = Integers(ids);
        Span<double> source = Floats(table), destination = Floats(y);
        for (int t = 0; t < rows.Length; t++)
        {
            Span<double> row = source.Slice((int)rows[t] * columns, columns), target = destination.Slice(t * columns, columns);
            if (accumulate)
            {
                VectorMath.AddScaled(1, row, target);
            }
            else
            {
                row.CopyTo(target);
            }
        }
    }

    /// <inheritdoc/>
    public void GatherHalves(Tensor words, HalfFormat format, Tensor ids, Tensor y, bool accumulate = false)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(y);
        ShapeChecks.GatherHalves(words, ids, y);
        using Tensor gathered = Allocate(new Shape(y.Rows, words.Columns), DType.UInt32, MemoryCategory.Scratch);
        using Tensor wide = Allocate(y.Shape, DType.Float32, MemoryCategory.Scratch);
        Span<uint> rows = Integers(ids), source = Integers(words), destination = Integers(gathered);
        for (int t = 0; t < rows.Length; t++)
        {
            source.Slice((int)rows[t] * words.Columns, words.Columns).CopyTo(destination[(t * words.Columns)..]);
        }

        Widen(gathered, format, wide);
        Span<double> values = Floats(wide), output = Floats(y);
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = accumulate ? output[i] + values[i] : values[i];
        }
    }

    /// <inheritdoc/>
    public void Rotate(Tensor x, Tensor table, Tensor positions, bool inverse, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(table);
        ShapeChecks.Rotate(x, table, positions, y);
        int width = table.Columns, half = width / 2;
        Span<double> input = Floats(x), angles = Floats(table), output = Floats(y);
        Span<uint> places = Integers(positions);
        for (int head = 0; head < input.Length / width; head++)
        {
            Span<double> from = input.Slice(head * width, width), to = output.Slice(head * width, width);
            Span<double> row = angles.Slice((int)places[head * width / x.Columns] * width, width);
            for (int i = 0; i < half; i++)
            {
                (double cosine, double sine) = (row[i], inverse ? -row[half + i] : row[half + i]);
                (to[i], to[half + i]) = (from[i] * cosine - from[half + i] * sine, from[i] * sine + from[half + i] * cosine);
            }
        }
    }

    /// <inheritdoc/>
    public void ScatterAddRows(Tensor dy, RowSegments segments, Tensor dTable)
    {
        ArgumentNullException.ThrowIfNull(dy);
        ArgumentNullException.ThrowIfNull(segments);
        ArgumentNullException.ThrowIfNull(dTable);
        int columns = dy.Columns;
        ShapeChecks.Expect(segments.Order, Shape.Vector(dy.Rows), DType.UInt32);
        ShapeChecks.Expect(dTable, new Shape(dTable.Rows, columns));
        Span<double> source = Floats(dy), destination = Floats(dTable);
        Span<uint> rows = Integers(segments.Rows), starts = Integers(segments.Starts), order = Integers(segments.Order);
        for (int s = 0; s < segments.Count; s++)
        {
            Span<double> row = destination.Slice((int)rows[s] * columns, columns);
            for (uint place = starts[s]; place < starts[s + 1]; place++)
            {
                VectorMath.AddScaled(1, source.Slice((int)order[(int)place] * columns, columns), row);
            }
        }
    }
}
