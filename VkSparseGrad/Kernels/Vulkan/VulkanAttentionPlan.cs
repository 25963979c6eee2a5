using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>The tables the attention kernels walk through: blocks of query rows and blocks of key rows.</summary>
internal sealed class VulkanAttentionPlan : AttentionPlan
{
    public VulkanAttentionPlan(
        IKernels kernels, ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets, bool causal, int blockRows)
        : base(queryOffsets, keyOffsets, causal)
    {
        var queryBlocks = new List<uint>();
        var keyBlocks = new List<uint>();
        var keyPlaces = new List<uint>();
        for (int s = 0; s + 1 < queryOffsets.Length; s++)
        {
            (int queryBegin, int queryEnd) = (queryOffsets[s], queryOffsets[s + 1]);
            (int keyBegin, int keyEnd) = (keyOffsets[s], keyOffsets[s + 1]);
            for (int row = queryBegin; row < queryEnd; row += blockRows)
            {
                int rows = Math.Min(blockRows, queryEnd - row);
                int seen = KeysSeen(s, row + rows - 1 - queryBegin);
                queryBlocks.AddRange([(uint)row, (uint)rows, (uint)keyBegin, (uint)seen]);
            }

            for (int row = keyBegin; row < keyEnd; row += blockRows)
            {
                int rows = Math.Min(blockRows, keyEnd - row);

                // The query at the place of the block's first key is the first that sees it; it may stand before all queries.
                int place = row - keyBegin;
                int atPlace = queryEnd - (keyEnd - keyBegin) + place;
                int first = causal ? Math.Max(queryBegin, atPlace) : queryBegin;
                keyBlocks.AddRange([(uint)first, (uint)(queryEnd - first), (uint)row, (uint)rows]);
                keyPlaces.AddRange([(uint)place, (uint)(causal ? first - atPlace : blockRows)]);
            }

            LongestSide = Math.Max(LongestSide, Math.Max(queryEnd - queryBegin, keyEnd - keyBegin));
        }

        QueryBlockCount = queryBlocks.Count / 4;
        KeyBlockCount = keyPlaces.Count / 2;
        using var scope = new DisposeScope();
        QueryBlocks = scope.Add(kernels.FromArray(queryBlocks.ToArray()));
        KeyBlocks = scope.Add(kernels.FromArray(keyBlocks.ToArray()));
        KeyPlaces = scope.Add(kernels.FromArray(keyPlaces.ToArray()));
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
}
