using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>The tables the attention kernels walk through: blocks of query rows and blocks of key rows.</summary>
internal sealed class VulkanAttentionPlan : AttentionPlan
{
    public VulkanAttentionPlan(VulkanKernels kernels, ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets, int blockRows)
        : base(queryOffsets, keyOffsets)
    {
        var queryBlocks = new List<uint>();
        var keyBlocks = new List<uint>();
        var firstKeys = new List<uint>();
        for (int s = 0; s + 1 < queryOffsets.Length; s++)
        {
            (int queryBegin, int queryEnd) = (queryOffsets[s], queryOffsets[s + 1]);
            (int keyBegin, int keyEnd) = (keyOffsets[s], keyOffsets[s + 1]);
            for (int row = queryBegin; row < queryEnd; row += blockRows)
            {
                int rows = Math.Min(blockRows, queryEnd - row);
                queryBlocks.AddRange([(uint)row, (uint)rows, (uint)keyBegin, (uint)(keyEnd - keyBegin)]);
            }

            for (int row = keyBegin; row < keyEnd; row += blockRows)
            {
                int rows = Math.Min(blockRows, keyEnd - row);
                keyBlocks.AddRange([(uint)queryBegin, (uint)(queryEnd - queryBegin), (uint)row, (uint)rows]);
                firstKeys.Add((uint)keyBegin);
            }

            LongestSide = Math.Max(LongestSide, Math.Max(queryEnd - queryBegin, keyEnd - keyBegin));
        }

        QueryBlockCount = queryBlocks.Count / 4;
        KeyBlockCount = firstKeys.Count;
        using var scope = new DisposeScope();
        QueryBlocks = scope.Add(kernels.FromArray(queryBlocks.ToArray()));
        KeyBlocks = scope.Add(kernels.FromArray(keyBlocks.ToArray()));
        FirstKeys = scope.Add(kernels.FromArray(firstKeys.ToArray()));
        scope.Keep();
    }

    public int QueryBlockCount { get; }

    public int KeyBlockCount { get; }

    /// <summary>The most rows any block walks through.</summary>
    public int LongestSide { get; }

    /// <summary>For each block of query rows: first query, queries, first key, keys.</summary>
    public Tensor QueryBlocks { get; }

    /// <summary>For each block of key rows: first query, queries, first key, keys.</summary>
    public Tensor KeyBlocks { get; }

    /// <summary>For each block of key rows: the first key of its sequence.</summary>
    public Tensor FirstKeys { get; }

    protected override void Dispose(bool disposing)
    {
        QueryBlocks.Dispose();
        KeyBlocks.Dispose();
        FirstKeys.Dispose();
        base.Dispose(disposing);
    }
}
