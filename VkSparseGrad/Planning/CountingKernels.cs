using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Planning;

/// <summary>The kernel contract without computation: it counts the memory that a device would use.</summary>
/// <remarks>Ops do nothing but for the scratch memory that <see cref="VulkanKernels"/> takes in them, which is taken here too, for
/// as long. Whatever is read back is zero.</remarks>
internal sealed class CountingKernels : IKernels
{
    private readonly MemoryTracker memory = new();
    /// <summary>Every device binds as many bytes, and software drivers no more.</summary>
    private const long SmallestBinding = 128L << 20;

    private readonly MatmulKernel matmul;
    private readonly int lanes;
    private readonly CountedTensor nothing;

    /// <param name="matmul">The device's matmul kernel.</param>
    /// <param name="lanes">The width of its subgroups.</param>
    public CountingKernels(MatmulKernel matmul, int lanes)
    {
        this.matmul = matmul;
        this.lanes = lanes;
        nothing = Scratch(Shape.Vector(4));
    }

    public MemoryUsage CurrentMemory => memory.Current;

    public MemoryUsage PeakMemory => memory.Peak;

    public bool DefersSubmission { get; set; }

    public bool ReadsHalves => matmul == MatmulKernel.Tile;

    public void ResetPeakMemory() => memory.ResetPeak();

    public Tensor Allocate(Shape shape, DType type, MemoryCategory category) => new CountedTensor(shape, type, category, memory);

    public Tensor Part(Tensor whole, int first, int length) => new CountedTensor(whole, length);

    public void Download(Tensor source, Span<float> destination) => destination.Clear();

    public void Download(Tensor source, Span<uint> destination) => destination.Clear();

    public bool Advance(TimeSpan budget) => true;

    public void Dispose() => nothing.Dispose();

    public AttentionPlan PlanAttention(ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets, bool causal = false) =>
        new VulkanAttentionPlan(this, queryOffsets, keyOffsets, causal, VulkanKernels.AttentionBlockOf(lanes, matmul));

    public void Matmul(
        Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor? bias, Tensor c, bool accumulate = false, Epilogue epilogue = default) =>
        Multiply(a, transposeA, b, b.Shape, transposeB, upperOnly: false);

    public void MatmulHalves(
        Tensor a, bool transposeA, Tensor words, HalfFormat format, bool transposeB, Tensor? bias, Tensor c, bool accumulate = false,
        Epilogue epilogue = default)
    {
        var shape = new Shape(words.Rows, 2 * words.Columns);
        using CountedTensor? wide = ReadsHalves ? null : Scratch(shape);
        Multiply(a, transposeA, wide ?? words, shape, transposeB, upperOnly: false);
    }

    public void AccumulateGram(Tensor g, bool transpose, Tensor gram) => Multiply(g, transpose, g, g.Shape, !transpose, upperOnly: true);

    public void ColumnSum(Tensor a, Tensor? b, Tensor total, bool accumulate = false)
    {
        int chunks = VulkanKernels.ColumnSumChunks(a.Rows, matmul);
        if (chunks > 1)
        {
            using CountedTensor partial = Scratch(new Shape(chunks, a.Columns));
            ColumnSum(partial, null, total, accumulate);
        }
    }

    public void AttentionBackward(
        Tensor q, Tensor k, Tensor v, AttentionPlan plan, int heads, int keyValueHeads, Dropout dropout, Tensor y, Tensor logSumExp,
        Tensor dy, Tensor dq, Tensor dk, Tensor dv) => Scratch(logSumExp.Shape).Dispose();

    public void CrossEntropy(Tensor logits, Tensor labels, int n, Tensor loss, Tensor dLogits) =>
        Scratch(Shape.Vector(logits.Rows)).Dispose();

    public void MeanSquaredError(Tensor predictions, Tensor targets, int n, Tensor loss, Tensor dPredictions) =>
        Scratch(predictions.Shape).Dispose();

    public void TopK(ReadOnlySpan<TopKChoice> choices)
    {
        int countLength = 0;
        foreach (TopKChoice choice in choices)
        {
            countLength = Math.Max(countLength, VulkanKernels.TopKCountLength(choice.C.Length));
        }

        using CountedTensor histograms = Scratch(new Shape(choices.Length, VulkanKernels.TopKBins));
        using CountedTensor states = Scratch(new Shape(choices.Length, VulkanKernels.TopKStateLength));
        using CountedTensor counts = Scratch(new Shape(choices.Length, countLength));
    }

    public void Upload(ReadOnlySpan<float> source, Tensor destination)
    {
    }

    public void Upload(ReadOnlySpan<uint> source, Tensor destination)
    {
    }

    public void Flush()
    {
    }

    public void Trim()
    {
    }

    public void Fill(Tensor destination, float value)
    {
    }

    public void Copy(Tensor source, Tensor destination)
    {
    }

    public void Add(Tensor x, Tensor y, Tensor sum)
    {
    }

    public void Scale(Tensor x, float factor, Tensor y)
    {
    }

    public void Widen(Tensor words, HalfFormat format, Tensor y)
    {
    }

    public void Narrow(Tensor x, Tensor words)
    {
    }

    public void Gelu(Tensor x, Tensor y)
    {
    }

    public void GeluBackward(Tensor x, Tensor dy, Tensor dx)
    {
    }

    public void Tanh(Tensor x, Tensor y)
    {
    }

    public void TanhBackward(Tensor y, Tensor dy, Tensor dx)
    {
    }

    public void SwiGlu(Tensor gate, Tensor up, Tensor y)
    {
    }

    public void SwiGluBackward(Tensor gate, Tensor up, Tensor dy, Tensor dGate, Tensor dUp)
    {
    }

    public void ApplyDropout(Tensor x, Dropout dropout, Tensor y)
    {
    }

    public void LayerNorm(
        Tensor x, Tensor? residual, Tensor gain, Tensor bias, float epsilon, Dropout dropout,
        Tensor y, Tensor normalized, Tensor inverseDeviation)
    {
    }

    public void LayerNormBackward(
        Tensor dy, Tensor normalized, Tensor inverseDeviation, Tensor gain, Dropout dropout, Tensor dResidual, Tensor? dx)
    {
    }

    public void Affine(Tensor x, Tensor gain, Tensor bias, Tensor y)
    {
    }

    public void RmsNorm(Tensor x, Tensor gain, float epsilon, Tensor y, Tensor inverseRoot)
    {
    }

    public void RmsNormBackward(
        Tensor dy, Tensor x, Tensor inverseRoot, Tensor gain, Tensor dx, bool accumulate = false, Tensor? normalized = null)
    {
    }

    public void Rotate(Tensor x, Tensor table, Tensor positions, bool inverse, Tensor y)
    {
    }

    public void GatherRows(Tensor table, Tensor ids, Tensor y, bool accumulate = false)
    {
    }

    public void GatherHalves(Tensor words, HalfFormat format, Tensor ids, Tensor y, bool accumulate = false)
    {
    }

    public void ScatterAddRows(Tensor dy, RowSegments segments, Tensor dTable)
    {
    }

    public void Attention(
        Tensor q, Tensor k, Tensor v, AttentionPlan plan, int heads, int keyValueHeads, Dropout dropout, Tensor y, Tensor logSumExp)
    {
    }

    public void SquaredNorm(Tensor x, Tensor partials, int slot)
    {
    }

    public void ClipFactor(Tensor partials, Tensor loss, float maxNorm, Tensor clip)
    {
    }

    public void AdamW(Tensor parameter, Tensor gradient, Tensor moment1, Tensor moment2, Tensor clip, in AdamParameters adam)
    {
    }

    public void SparseAdam(
        Tensor indices, Tensor values, Tensor moment1, Tensor moment2, Tensor clip, in AdamParameters adam, Tensor delta)
    {
    }

    public void SparseScatter(Tensor indices, Tensor delta, Tensor basis, Tensor starts, Tensor weight)
    {
    }

    public void SparseDots(Tensor indices, Tensor halfRotated, Tensor basis, Tensor values)
    {
    }

    public void SelectColumns(Tensor x, Tensor? have, Tensor wanted, Tensor y)
    {
    }

    public void MarkEntries(Tensor indices, Tensor delta, Tensor? coordinates, int columns, Tensor marks)
    {
    }

    public void AddEntries(Tensor indices, Tensor delta, Tensor y)
    {
    }

    private CountedTensor Scratch(Shape shape) => new CountedTensor(shape, DType.Float32, MemoryCategory.Scratch, memory);

    /// <summary>The subgroup kernel's copies of its operands, the tile kernel's parts.</summary>
    /// <param name="a">An operand.</param>
    /// <param name="transposeA">Whether it is used transposed.</param>
    /// <param name="b">The other as it is stored.</param>
    /// <param name="shape">Of its values.</param>
    /// <param name="transposeB">Whether it is used transposed.</param>
    /// <param name="upperOnly">Whether only a part is computed.</param>
    private void Multiply(Tensor a, bool transposeA, Tensor b, Shape shape, bool transposeB, bool upperOnly)
    {
        int m = transposeA ? a.Columns : a.Rows, n = transposeB ? shape.Rows : shape.Columns;
        if (matmul == MatmulKernel.Tile)
        {
            int parts = upperOnly ? 1 : MatmulSplit.Of(m, n, transposeA ? a.Rows : a.Columns).Count;
            using CountedTensor? others = parts == 1 ? null : Scratch(new Shape(parts - 1, m * n));
            return;
        }

        // Where a binding holds no more: some rows at a time of what has the inner dimension down its rows, and of a transposed b.
        bool isGram = ReferenceEquals(a, b) && transposeA != transposeB;
        int depth = transposeB ? int.MaxValue : Math.Min(Math.Min(RowsOfBinding(b), transposeA ? RowsOfBinding(a) : int.MaxValue), VulkanKernels.MostDepth);
        using CountedTensor? left = Copied(a.Shape, transposeA ? depth : a.Rows, !transposeA, isGram ? n : 0);
        using CountedTensor? right = isGram ? null : Copied(b.Shape, transposeB ? RowsOfBinding(b) : depth, transposeB, m);
    }

    private static int RowsOfBinding(Tensor operand)
    {
        long fit = SmallestBinding / (sizeof(float) * (long)VulkanKernels.WholeQuads(operand.Columns));
        return fit >= operand.Rows ? operand.Rows : (int)Math.Max(64, fit / 64 * 64);
    }

    private CountedTensor? Copied(Shape operand, int rowsAtOnce, bool depthInRow, int uses) =>
        VulkanKernels.PaddedRow(operand, depthInRow, uses, SmallestBinding) is int row ? Scratch(new Shape(Math.Min(rowsAtOnce, operand.Rows), row)) : null;
}
