using System.Runtime.InteropServices;
using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    private int AttentionBlock => AttentionBlockOf(lanes, matmul);

    /// <summary>Rows one subgroup works on: on a software driver one a lane, see attention_lane.comp; on a GPU no more than the
    /// registers of a lane hold results of.</summary>
    internal static int AttentionBlockOf(int lanes, MatmulKernel matmul) =>
        matmul == MatmulKernel.Subgroup ? lanes : Math.Min(8, lanes);

    /// <inheritdoc/>
    public AttentionPlan PlanAttention(ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets, bool causal = false) =>
        new VulkanAttentionPlan(this, queryOffsets, keyOffsets, causal, AttentionBlock);

    /// <inheritdoc/>
    public void Attention(
        Tensor q, Tensor k, Tensor v, AttentionPlan plan, int heads, int keyValueHeads, Dropout dropout, Tensor y, Tensor logSumExp)
    {
        ShapeChecks.Attention(q, k, v, plan, heads, keyValueHeads, y, logSumExp);
        var own = (VulkanAttentionPlan)plan;
        var shape = new AttentionShape(heads, keyValueHeads, q.Columns / heads);
        AttentionOverQueries(
            IsSoftware ? "attention_lane" : "attention", own, shape, dropout, 4.0 * q.Columns,
            [
                Read(own.QueryBlocks), Quads(Read(q), shape.Width), Quads(Read(k), shape.Width), Quads(Read(v), shape.Width), Write(y),
                Write(logSumExp),
            ]);
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor q, Tensor k, Tensor v, AttentionPlan plan, int heads, int keyValueHeads, Dropout dropout, Tensor y, Tensor logSumExp,
        Tensor dy, Tensor dq, Tensor dk, Tensor dv)
    {
        ShapeChecks.Attention(q, k, v, plan, heads, keyValueHeads, y, logSumExp);
        ShapeChecks.Expect(dy, q.Shape);
        ShapeChecks.Expect(dq, q.Shape);
        ShapeChecks.Expect(dk, k.Shape);
        ShapeChecks.Expect(dv, v.Shape);
        var own = (VulkanAttentionPlan)plan;
        var shape = new AttentionShape(heads, keyValueHeads, q.Columns / heads);
        using Tensor delta = this.Rent(logSumExp.Shape, MemoryCategory.Scratch);
        AttentionOverQueries(
            IsSoftware ? "attention_lane_backward_query" : "attention_backward_query", own, shape, dropout, 6.0 * q.Columns,
            [
                Read(own.QueryBlocks), Quads(Read(q), shape.Width), Quads(Read(k), shape.Width), Quads(Read(v), shape.Width), Quads(Read(y), shape.Width),
                Quads(Read(dy), shape.Width), Read(logSumExp), Write(delta), Write(dq),
            ]);
        AttentionOverKeys(
            IsSoftware ? "attention_lane_backward_key" : "attention_backward_key", own, shape, dropout, 8.0 * q.Columns,
            [
                Read(own.KeyBlocks), Quads(Read(q), shape.Width), Quads(Read(k), shape.Width), Quads(Read(v), shape.Width), Quads(Read(dy), shape.Width),
                Read(logSumExp), Read(delta), Read(own.KeyPlaces), Write(dk), Write(dv),
            ]);
    }

    /// <summary>A kernel whose blocks are of query rows and of one query head.</summary>
    private void AttentionOverQueries(
        string shader, VulkanAttentionPlan plan, AttentionShape shape, Dropout dropout, double costOfPair, ReadOnlySpan<Binding> bindings)
    {
        CheckTrips(AttentionTrips(plan, shape), shader);
        AttentionDispatch(shader, plan, plan.QueryBlockCount, shape, shape.Heads, (0, 1), dropout, costOfPair, bindings);
    }

    /// <summary>A kernel whose blocks are of key rows and of one key head, and walk through the query heads of its group: in
    /// several passes, each adding to the one before, where one would loop too often.</summary>
    private void AttentionOverKeys(
        string shader, VulkanAttentionPlan plan, AttentionShape shape, Dropout dropout, double costOfPair, ReadOnlySpan<Binding> bindings)
    {
        long trips = AttentionTrips(plan, shape);
        CheckTrips(trips, shader);
        int most = (int)Math.Min(shape.Group, MaxTrips / trips);
        for (int first = 0; first < shape.Group; first += most)
        {
            int count = Math.Min(most, shape.Group - first);
            AttentionDispatch(
                shader, plan, plan.KeyBlockCount, shape, shape.KeyValueHeads, (first, count), dropout,
                costOfPair * count / shape.Group, bindings);
        }
    }

    /// <summary>Loop trips of an invocation for one query head. The kernels for software drivers loop over tiles alone; what a tile
    /// takes is unrolled.</summary>
    private long AttentionTrips(VulkanAttentionPlan plan, AttentionShape shape) =>
        (DivideUp(plan.LongestSide, lanes) + 1L) * (IsSoftware ? 1 : shape.Quads + 1);

    private void AttentionDispatch(
        string shader, VulkanAttentionPlan plan, int blocks, AttentionShape shape, int headsOfBlocks, (int First, int Count) members,
        Dropout dropout, double costOfPair, ReadOnlySpan<Binding> bindings)
    {
        if (blocks == 0)
        {
            return;
        }

        (uint laneCount, uint aligned, uint drops) = ((uint)lanes, Aligned(shape.Width), Flag(dropout.Enabled));
        ReadOnlySpan<uint> constants = IsSoftware
            ? [laneCount, laneCount, aligned, drops, (uint)shape.Quads]
            : [laneCount, laneCount, aligned, drops, (uint)AttentionBlock, (uint)DivideUp(shape.Quads, lanes)];

        // No more blocks at once than a submission should hold.
        double costOfBlock = costOfPair * AttentionBlock * Math.Max(1, plan.LongestSide);
        int most = (int)Math.Clamp(Stream.CostLimit / costOfBlock, 1, blocks);
        for (int first = 0; first < blocks; first += most)
        {
            int count = Math.Min(most, blocks - first);
            (uint x, uint y, _) = Fold(count);
            var push = new AttentionPush(
                (uint)(first + count), (uint)(shape.Heads * shape.Width), (uint)(shape.KeyValueHeads * shape.Width), (uint)shape.Heads,
                (uint)shape.Group, (uint)shape.Width, 1f / MathF.Sqrt(shape.Width), (uint)first, (uint)members.First,
                (uint)members.Count, new DropoutConstants(dropout), Flag(plan.IsCausal));
            Dispatch(shader, constants, bindings, push, (x, y, (uint)headsOfBlocks), costOfBlock * count);
        }
    }

    /// <summary>The heads of an attention layer and their width.</summary>
    private readonly record struct AttentionShape(int Heads, int KeyValueHeads, int Width)
    {
        /// <summary>Query heads to a head of keys and values.</summary>
        public int Group => Heads / KeyValueHeads;

        /// <summary>Quads of four that hold a head's row.</summary>
        public int Quads => DivideUp(Width, 4);
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct AttentionPush(
        uint BlockCount, uint Columns, uint KeyColumns, uint Heads, uint Group, uint Width, float Scale, uint FirstBlock,
        uint FirstMember, uint Members, DropoutConstants Dropout, uint Causal);
}
