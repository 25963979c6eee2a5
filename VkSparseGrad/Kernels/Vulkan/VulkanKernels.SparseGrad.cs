using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    internal const int TopKBins = 2048;

    /// <summary>Words from one matrix's state, which takes two, to the next one's, so that each can be bound.</summary>
    internal const int TopKStateLength = IKernels.PartAlignment;

    /// <summary>Quads whose kept elements one subgroup writes, in order.</summary>
    private const int TopKChunk = 256;

    /// <summary>Quads of a row that a lane of sparse_scatter owns; few where it must read them float by float, which is long code.</summary>
    private const int ScatterQuads = 8, UnalignedScatterQuads = 1;

    /// <inheritdoc/>
    public void TopK(ReadOnlySpan<TopKChoice> choices)
    {
        if (choices.IsEmpty)
        {
            return;
        }

        int countLength = 0;
        foreach (TopKChoice choice in choices)
        {
            int k = checked((int)choice.Indices.Length);
            ShapeChecks.Expect(choice.Indices, Shape.Vector(k), DType.UInt32);
            ShapeChecks.Expect(choice.Values, Shape.Vector(k));
            if (k < 1 || k > choice.C.Length)
            {
                throw new ArgumentException($"Top-{k} of {choice.C.Length} elements does not exist.", nameof(choices));
            }

            CheckTrips(2L * DivideUp(TopKChunks(choice.C.Length), 64), "topk_scan");
            countLength = Math.Max(countLength, TopKCountLength(choice.C.Length));
        }

        // Every step is short and waits for the one before, so each is recorded for all matrices before the next: theirs do not wait for
        // one another.
        using Tensor histograms = Rent(new Shape(choices.Length, TopKBins), DType.UInt32, MemoryCategory.Scratch);
        using Tensor states = Rent(new Shape(choices.Length, TopKStateLength), DType.UInt32, MemoryCategory.Scratch);
        using Tensor counts = Rent(new Shape(choices.Length, countLength), DType.UInt32, MemoryCategory.Scratch);
        Stream.Fill(Slice(histograms), histograms.Length * sizeof(uint), 0);
        int found = 0;
        foreach (int bits in (ReadOnlySpan<int>)[11, 10, 10])
        {
            for (int i = 0; i < choices.Length; i++)
            {
                CountBits(choices[i], OfRow(histograms, i, writes: true), OfRow(states, i, writes: false), found, bits);
            }

            for (int i = 0; i < choices.Length; i++)
            {
                uint firstWanted = found == 0 ? (uint)choices[i].Indices.Length : 0;
                Dispatch(
                    "topk_select", [], [OfRow(histograms, i, writes: true), OfRow(states, i, writes: true)], [(uint)bits, firstWanted],
                    (1, 1, 1), TopKBins);
            }

            found += bits;
        }

        for (int i = 0; i < choices.Length; i++)
        {
            Tensor c = choices[i].C;
            uint n = (uint)c.Length;
            int chunks = TopKChunks(n);
            Dispatch(
                "topk_count", [(uint)lanes, Aligned(n)],
                [Quads(Read(c), n), OfRow(states, i, writes: false), OfRow(counts, i, writes: true)], [n, TopKChunk, (uint)chunks],
                Fold(chunks), 4.0 * n);
        }

        for (int i = 0; i < choices.Length; i++)
        {
            int chunks = TopKChunks(choices[i].C.Length);
            Dispatch("topk_scan", [], [OfRow(counts, i, writes: true)], [(uint)chunks], (1, 1, 1), 100.0 * chunks);
        }

        for (int i = 0; i < choices.Length; i++)
        {
            (Tensor c, Tensor indices, Tensor values) = choices[i];
            uint n = (uint)c.Length;
            int chunks = TopKChunks(n);
            Dispatch(
                "topk_write", [(uint)lanes, Aligned(n)],
                [
                    Quads(Read(c), n), OfRow(states, i, writes: false), OfRow(counts, i, writes: false), Write(indices), Write(values),
                ],
                [n, TopKChunk, (uint)chunks], Fold(chunks), 8.0 * n);
        }
    }

    /// <summary>Pieces of a matrix of n elements whose kept ones are counted apart.</summary>
    internal static int TopKChunks(long n) => DivideUp(DivideUp(n, 4), TopKChunk);

    /// <summary>Words from one matrix's counts, which take two for each of its chunks, to the next one's.</summary>
    internal static int TopKCountLength(long n) => DivideUp(2L * TopKChunks(n), IKernels.PartAlignment) * IKernels.PartAlignment;

    /// <inheritdoc/>
    public void SparseAdam(
        Tensor indices, Tensor values, Tensor moment1, Tensor moment2, Tensor clip, in AdamParameters adam, Tensor delta)
    {
        int k = checked((int)indices.Length);
        ShapeChecks.Expect(indices, Shape.Vector(k), DType.UInt32);
        ShapeChecks.Expect(values, Shape.Vector(k));
        ShapeChecks.Expect(delta, Shape.Vector(k));
        ShapeChecks.Expect(moment2, moment1.Shape);
        ShapeChecks.Expect(clip, Shape.Vector(2));
        double stepSize = adam.LearningRate * Math.Sqrt(adam.BiasCorrection2) / adam.BiasCorrection1;
        Dispatch(
            "sparse_adam", [],
            [Read(indices), Read(values), Write(moment1), Write(moment2), Read(clip), Write(delta)],
            [(uint)k, Bits(1 - adam.Beta1), Bits(1 - adam.Beta2), Bits(adam.Epsilon), Bits(stepSize)],
            Fold(DivideUp(k, 64)), 40.0 * k);
    }

    /// <inheritdoc/>
    public void SparseScatter(Tensor indices, Tensor delta, Tensor basis, Tensor starts, Tensor weight)
    {
        int k = checked((int)indices.Length);
        ShapeChecks.Expect(indices, Shape.Vector(k), DType.UInt32);
        ShapeChecks.Expect(delta, Shape.Vector(k));
        ShapeChecks.Expect(basis, new Shape(basis.Rows, weight.Columns));
        ShapeChecks.Expect(starts, Shape.Vector(weight.Rows + 1), DType.UInt32);
        CheckTrips(DivideUp(basis.Rows, lanes), "sparse_scatter");
        Dispatch(
            "sparse_row_starts", [], [Read(indices), Write(starts)], [(uint)k, (uint)basis.Rows, (uint)weight.Rows],
            Fold(DivideUp(weight.Rows + 1, 64)), 100.0 * weight.Rows);
        uint aligned = Aligned(weight.Columns);
        (int laneQuads, int together) = IsSoftware ? (aligned == 1 ? ScatterQuads : UnalignedScatterQuads, 1) : (1, Math.Min(16, lanes));
        Dispatch(
            "sparse_scatter", [(uint)lanes, (uint)lanes, aligned, (uint)laneQuads, (uint)together],
            [
                Quads(Read(basis), weight.Columns), Read(indices), Read(delta), Read(starts), Quads(Read(weight), weight.Columns),
                Write(weight),
            ],
            [(uint)weight.Columns, (uint)basis.Rows],
            ((uint)weight.Rows, (uint)DivideUp(weight.Columns, 4L * laneQuads * lanes), 1), 10.0 * k * weight.Columns);
    }

    /// <inheritdoc/>
    public void SparseDots(Tensor indices, Tensor halfRotated, Tensor basis, Tensor values)
    {
        int k = checked((int)indices.Length);
        ShapeChecks.Expect(indices, Shape.Vector(k), DType.UInt32);
        ShapeChecks.Expect(values, Shape.Vector(k));
        ShapeChecks.Expect(basis, new Shape(basis.Rows, halfRotated.Columns));
        CheckTrips(DivideUp(basis.Columns, 4L * lanes), "sparse_dots");
        Dispatch(
            "sparse_dots", [(uint)lanes, Aligned(basis.Columns)],
            [
                Read(indices), Quads(Read(halfRotated), basis.Columns), Quads(Read(basis), basis.Columns), Write(values),
            ],
            [(uint)k, (uint)basis.Rows, (uint)basis.Columns], Fold(k), 4.0 * k * basis.Columns);
    }

    /// <inheritdoc/>
    public void SelectColumns(Tensor x, Tensor? have, Tensor wanted, Tensor y)
    {
        if (have is not null)
        {
            ShapeChecks.Expect(have, Shape.Vector(x.Columns), DType.UInt32);
        }

        ShapeChecks.Expect(wanted, Shape.Vector(y.Columns), DType.UInt32);
        ShapeChecks.Expect(y, new Shape(x.Rows, y.Columns));
        uint n = checked((uint)y.Length);
        Dispatch(
            "select_columns", [Flag(have is not null)], [Read(x), ReadOr(have), Read(wanted), Write(y)],
            [n, (uint)x.Columns, (uint)y.Columns], Fold(DivideUp(n, 64)), 60.0 * n);
    }

    /// <inheritdoc/>
    public void MarkEntries(Tensor indices, Tensor delta, Tensor? coordinates, int columns, Tensor marks)
    {
        int k = checked((int)indices.Length);
        int entries = ShapeChecks.Entries(coordinates, columns);
        ShapeChecks.Expect(indices, Shape.Vector(k), DType.UInt32);
        ShapeChecks.Expect(delta, Shape.Vector(k));
        ShapeChecks.Expect(marks, Shape.Vector(marks.Columns), DType.UInt32);
        Dispatch(
            "mark_entries", [Flag(coordinates is not null)], [Read(indices), Read(delta), ReadOr(coordinates), Write(marks)],
            [(uint)k, (uint)entries, (uint)columns], Fold(DivideUp(k, 64)), 40.0 * k);
    }

    /// <inheritdoc/>
    public void AddEntries(Tensor indices, Tensor delta, Tensor y)
    {
        int k = checked((int)indices.Length);
        ShapeChecks.Expect(indices, Shape.Vector(k), DType.UInt32);
        ShapeChecks.Expect(delta, Shape.Vector(k));
        Dispatch("add_entries", [], [Read(indices), Read(delta), Write(y)], [(uint)k], Fold(DivideUp(k, 64)), 20.0 * k);
    }

    /// <summary>Counts the elements by their next bits, of those that begin with the bits found so far.</summary>
    private void CountBits(in TopKChoice choice, Binding histogram, Binding state, int found, int bits)
    {
        // Each workgroup clears and merges a whole histogram, so there are no more of them than fill the device.
        uint n = checked((uint)choice.C.Length);
        int quads = DivideUp(n, 4);
        int groups = device.Info.Kind == DeviceKind.Cpu ? 8 : 128;
        int perGroup = Math.Clamp(DivideUp(quads, groups * 64L) * 64, 64, 64 * 4096);

        // 31 bits in all; a shift by 31 leaves nothing of a magnitude, so the first histogram counts every element.
        Dispatch(
            "topk_histogram", [Aligned(n), CopiesAhead], [Quads(Read(choice.C), n), histogram, state],
            [n, (uint)perGroup, (uint)(31 - found), (uint)(31 - found - bits), (1u << bits) - 1],
            Fold(DivideUp(quads, perGroup)), 10.0 * n);
    }

    private Binding OfRow(Tensor tensor, int row, bool writes) =>
        new(Bound(tensor, (long)row * tensor.Columns * sizeof(uint), tensor.Columns * sizeof(uint)), writes);
}
