using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>The tables the attention kernels walk through: blocks of query rows and blocks of key rows.</summary>
internal sealed class VulkanAttentionPlan : AttentionPlan
{
    public VulkanAttentionPlan(
        IKernels kernels, ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets, bool causal, int blockRows)
        : base(queryOffsets, keyOffsets, causal)
    {
        QueryBlockCount = Blocks(queryOffsets, blockRows);
        KeyBlockCount = Blocks(keyOffsets, blockRows);

        // Of every step: not of the collector's memory.
        using var memory = new HostBuffer<uint>(4L * QueryBlockCount + 6L * KeyBlockCount);
        Span<uint> queryBlocks = memory.Span[..(4 * QueryBlockCount)];
        Span<uint> keyBlocks = memory.Span.Slice(queryBlocks.Length, 4 * KeyBlockCount);
        Span<uint> keyPlaces = memory.Span[(queryBlocks.Length + keyBlocks.Length)..];
        int queryBlock = 0, keyBlock = 0;
        for (int s = 0; s + 1 < queryOffsets.Length; s++)
        {
            (int queryBegin, int queryEnd) = (queryOffsets[s], queryOffsets[s + 1]);
            (int keyBegin, int keyEnd) = (keyOffsets[s], keyOffsets[s + 1]);
            for (int row = queryBegin; row < queryEnd; row += blockRows)
            {
                int rows = Math.Min(blockRows, queryEnd - row);
                int seen = KeysSeen(s, row + rows - 1 - queryBegin);
                ((ReadOnlySpan<uint>)[(uint)row, (uint)rows, (uint)keyBegin, (uint)seen]).CopyTo(queryBlocks[(4 * queryBlock++)..]);
            }

            for (int row = keyBegin; row < keyEnd; row += blockRows)
            {
                int rows = Math.Min(blockRows, keyEnd - row);

                // The query at the place of the block's first key is the first that sees it; it may stand before all queries.
                int place = row - keyBegin;
                int atPlace = queryEnd - (keyEnd - keyBegin) + place;
                int first = causal ? Math.Max(queryBegin, atPlace) : queryBegin;
                ((ReadOnlySpan<uint>)[(uint)first, (uint)(queryEnd - first), (uint)row, (uint)rows]).CopyTo(keyBlocks[(4 * keyBlock)..]);
                ((ReadOnlySpan<uint>)[(uint)place, (uint)(causal ? first - atPlace : blockRows)]).CopyTo(keyPlaces[(2 * keyBlock++)..]);
            }

            LongestSide = Math.Max(LongestSide, Math.Max(queryEnd - queryBegin, keyEnd - keyBegin));
        }

        using var scope = new DisposeScope();
        QueryBlocks = scope.Add(kernels.FromArray(queryBlocks));
        KeyBlocks = scope.Add(kernels.FromArray(keyBlocks));
        KeyPlaces = scope.Add(kernels.FromArray(keyPlaces));
        scope.Keep();
    }

    public int QueryBlockCount { get; }

    public int KeyBlockCount { get; }

    /// <summary>The most rows any block walks through.</summary>
    public int LongestSide { get; }

    /// <summary>For each block of query rows: first query, queries, first key, keys that its last query sees.</summary>
    public Tensor QueryBlocks { get; }

    /// <summary>For each block of key rows: first query that sees its first key, queries from there on, first key, keys.</summary>
    public Tensor KeyBlocks { get; }

    /// <summary>For each block of key rows: the place of its first key in its sequence, and how many keys behind that one its
    /// first query sees; where the plan is not causal, at least as many as the block has.</summary>
    public Tensor KeyPlaces { get; }

    protected override void Dispose(bool disposing)
    {
        QueryBlocks.Dispose();
        KeyBlocks.Dispose();
        KeyPlaces.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Blocks of rows, of which none has rows of two sequences.</summary>
    private static int Blocks(ReadOnlySpan<int> offsets, int blockRows)
    {
        int blocks = 0;
        for (int s = 0; s + 1 < offsets.Length; s++)
        {
            blocks += (offsets[s + 1] - offsets[s] + blockRows - 1) / blockRows;
        }

        return blocks;
    }
}
