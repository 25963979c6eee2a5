namespace VkSparseGrad.Kernels.Reference;

/// <summary>The offsets alone: the reference needs nothing else.</summary>
internal sealed class ReferenceAttentionPlan(ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets, bool causal)
    : AttentionPlan(queryOffsets, keyOffsets, causal);
