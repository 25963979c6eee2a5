using System.Runtime.InteropServices;
using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    /// <summary>Rows one subgroup works on; more would not fit the registers of a software driver.</summary>
    private int AttentionBlock => Math.Min(8, lanes);

    /// <inheritdoc/>
    public AttentionPlan PlanAttention(ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets) =>
        new VulkanAttentionPlan(this, queryOffsets, keyOffsets, AttentionBlock);

    /// <inheritdoc/>
    public void Attention(
        Tensor q, Tensor k, Tensor v, AttentionPlan plan, int heads, Dropout dropout, Tensor y, Tensor logSumExp)
    {
        ShapeChecks.Attention(q, k, v, plan, heads, y, logSumExp);
        var own = (VulkanAttentionPlan)plan;
        int width = q.Columns / heads;
        AttentionDispatch(
            "attention", own, own.QueryBlockCount, q.Columns, heads, dropout, 4.0 * q.Columns,
            [
                Read(own.QueryBlocks), Quads(Read(q), width), Quads(Read(k), width), Quads(Read(v), width), Write(y),
                Write(logSumExp),
            ]);
    }

    /// <inheritdoc/>
    public void AttentionBackward(
        Tensor q, Tensor k, Tensor v, AttentionPlan plan, int heads, Dropout dropout, Tensor y, Tensor logSumExp,
        Tensor dy, Tensor dq, Tensor dk, Tensor dv)
    {
        ShapeChecks.Attention(q, k, v, plan, heads, y, logSumExp);
        ShapeChecks.Expect(dy, q.Shape);
        ShapeChecks.Expect(dq, q.Shape);
        ShapeChecks.Expect(dk, k.Shape);
        ShapeChecks.Expect(dv, v.Shape);
        var own = (VulkanAttentionPlan)plan;
        int width = q.Columns / heads;
        using Tensor delta = this.Allocate(logSumExp.Shape, MemoryCategory.Scratch);
        AttentionDispatch(
            "attention_backward_query", own, own.QueryBlockCount, q.Columns, heads, dropout, 6.0 * q.Columns,
            [
                Read(own.QueryBlocks), Quads(Read(q), width), Quads(Read(k), width), Quads(Read(v), width), Quads(Read(y), width),
                Quads(Read(dy), width), Read(logSumExp), Write(delta), Write(dq),
            ]);
        AttentionDispatch(
            "attention_backward_key", own, own.KeyBlockCount, q.Columns, heads, dropout, 8.0 * q.Columns,
            [
                Read(own.KeyBlocks), Quads(Read(q), width), Quads(Read(k), width), Quads(Read(v), width), Quads(Read(dy), width),
                Read(logSumExp), Read(delta), Read(own.FirstKeys), Write(dk), Write(dv),
            ]);
    }

    private void AttentionDispatch(
        string shader, VulkanAttentionPlan plan, int blocks, int columns, int heads, Dropout dropout, double costOfPair,
        ReadOnlySpan<Binding> bindings)
    {
        if (blocks == 0)
        {
            return;
        }

        int width = columns / heads;
        int quads = DivideUp(width, 4);
        int tiles = DivideUp(plan.LongestSide, lanes);
        CheckTrips((tiles + 1L) * (quads + 1), shader);

        // No more blocks at once than a submission should hold.
        double costOfBlock = costOfPair * AttentionBlock * Math.Max(1, plan.LongestSide);
        int most = (int)Math.Clamp(Stream.CostLimit / costOfBlock, 1, blocks);
        for (int first = 0; first < blocks; first += most)
        {
            int count = Math.Min(most, blocks - first);
            (uint x, uint y, _) = Fold(count);
            var push = new AttentionPush(
                (uint)(first + count), (uint)columns, (uint)heads, (uint)width, 1f / MathF.Sqrt(width), (uint)first,
                new DropoutConstants(dropout));
            Dispatch(
                shader,
                [
                    (uint)lanes, (uint)lanes, (uint)AttentionBlock, (uint)DivideUp(quads, lanes), Aligned(width), Flag(dropout.Enabled),
                ],
                bindings, push, (x, y, (uint)heads), costOfBlock * count);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct AttentionPush(
        uint BlockCount, uint Columns, uint Heads, uint Width, float Scale, uint FirstBlock, DropoutConstants Dropout);
}
