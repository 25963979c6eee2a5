using System.Buffers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>The tables the attention kernels walk through: blocks of query rows and blocks of key rows.</summary>
internal sealed class VulkanAttentionPlan : AttentionPlan
{
    private readonly IKernels kernels;
    private readonly int blockRows;
    private Tensor? queryBlocks;
    private Tensor? keyBlocks;
    private Tensor? keyPlaces;

    public VulkanAttentionPlan(
        IKernels kernels, ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets, bool causal, int blockRows)
        : base(queryOffsets, keyOffsets, causal)
    {
        this.kernels = kernels;
        this.blockRows = blockRows;
        UploadBlocks(queryOffsets, keyOffsets);
    }

    public int QueryBlockCount { get; private set; }

    public int KeyBlockCount { get; private set; }

    /// <summary>The most rows any block walks through.</summary>
    public int LongestSide { get; private set; }

    /// <summary>For each block of query rows: first query, queries, first key, keys that its last query sees.</summary>
    public Tensor QueryBlocks => Present(queryBlocks);

    /// <summary>For each block of key rows: first query that sees its first key, queries from there on, first key, keys.</summary>
    public Tensor KeyBlocks => Present(keyBlocks);

    /// <summary>For each block of key rows: the place of its first key in its sequence, and how many keys behind that one its
    /// first query sees; where the plan is not causal, at least as many as the block has.</summary>
    public Tensor KeyPlaces => Present(keyPlaces);

    internal override bool Assign(ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets)
    {
        Free();
        Keep(queryOffsets, keyOffsets);
        UploadBlocks(queryOffsets, keyOffsets);
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        Free();
        base.Dispose(disposing);
    }

    private static Tensor Present(Tensor? blocks) => blocks ?? throw new ObjectDisposedException(nameof(AttentionPlan));

    private void Free()
    {
        queryBlocks?.Dispose();
        keyBlocks?.Dispose();
        keyPlaces?.Dispose();
        (queryBlocks, keyBlocks, keyPlaces) = (null, null, null);
    }

    private void UploadBlocks(ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets)
    {
        QueryBlockCount = Blocks(queryOffsets, blockRows);
        KeyBlockCount = Blocks(keyOffsets, blockRows);
        uint[] lists = ArrayPool<uint>.Shared.Rent(checked(4 * QueryBlockCount + 6 * KeyBlockCount));
        try
        {
            Span<uint> ofQueries = lists.AsSpan(0, 4 * QueryBlockCount);
            Span<uint> ofKeys = lists.AsSpan(ofQueries.Length, 4 * KeyBlockCount);
            Span<uint> places = lists.AsSpan(ofQueries.Length + ofKeys.Length, 2 * KeyBlockCount);
            FillBlocks(queryOffsets, keyOffsets, ofQueries, ofKeys, places);
            queryBlocks = kernels.RentFrom(ofQueries);
            keyBlocks = kernels.RentFrom(ofKeys);
            keyPlaces = kernels.RentFrom(places);
        }
        catch
        {
            Free();
            throw;
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(lists);
        }
    }

    private void FillBlocks(
        ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets, Span<uint> ofQueries, Span<uint> ofKeys, Span<uint> places)
    {
        LongestSide = 0;
        int queryBlock = 0, keyBlock = 0;
        for (int s = 0; s + 1 < queryOffsets.Length; s++)
        {
            (int queryBegin, int queryEnd) = (queryOffsets[s], queryOffsets[s + 1]);
            (int keyBegin, int keyEnd) = (keyOffsets[s], keyOffsets[s + 1]);
            for (int row = queryBegin; row < queryEnd; row += blockRows)
            {
                int rows = Math.Min(blockRows, queryEnd - row);
                int seen = KeysSeen(s, row + rows - 1 - queryBegin);
                ((ReadOnlySpan<uint>)[(uint)row, (uint)rows, (uint)keyBegin, (uint)seen]).CopyTo(ofQueries[(4 * queryBlock++)..]);
            }

            for (int row = keyBegin; row < keyEnd; row += blockRows)
            {
                int rows = Math.Min(blockRows, keyEnd - row);

                // The query at the place of the block's first key is the first that sees it; it may stand before all queries.
                int place = row - keyBegin;
                int atPlace = queryEnd - (keyEnd - keyBegin) + place;
                int first = IsCausal ? Math.Max(queryBegin, atPlace) : queryBegin;
                ((ReadOnlySpan<uint>)[(uint)first, (uint)(queryEnd - first), (uint)row, (uint)rows]).CopyTo(ofKeys[(4 * keyBlock)..]);
                ((ReadOnlySpan<uint>)[(uint)place, (uint)(IsCausal ? first - atPlace : blockRows)]).CopyTo(places[(2 * keyBlock++)..]);
            }

            LongestSide = Math.Max(LongestSide, Math.Max(queryEnd - queryBegin, keyEnd - keyBegin));
        }
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
