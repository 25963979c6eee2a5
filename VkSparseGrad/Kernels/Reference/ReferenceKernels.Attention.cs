using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

public sealed partial class ReferenceKernels
{
    /// <inheritdoc/>
    public AttentionPlan PlanAttention(ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets, bool causal = false)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return new ReferenceAttentionPlan(queryOffsets, keyOffsets, causal);
    }

    /// <inheritdoc/>
    public void Attention(
        Tensor q, Tensor k, Tensor v, AttentionPlan plan, int heads, int keyValueHeads, Dropout dropout, Tensor y, Tensor logSumExp)
    {
        ShapeChecks.Attention(q, k, v, plan, heads, keyValueHeads, y, logSumExp);
        int columns = q.Columns, width = columns / heads, stride = k.Columns, group = heads / keyValueHeads;
        Span<double> query = Floats(q), key = Floats(k), value = Floats(v), output = Floats(y), sums = Floats(logSumExp);
        output.Clear();
        for (int s = 0; s + 1 < plan.QueryOffsets.Count; s++)
        {
            int firstKey = plan.KeyOffsets[s];
            for (int i = plan.QueryOffsets[s]; i < plan.QueryOffsets[s + 1]; i++)
            {
                int keys = plan.KeysSeen(s, i - plan.QueryOffsets[s]);
                var probability = new double[keys];
                for (int head = 0; head < heads; head++)
                {
                    int row = i * heads + head;
                    int here = i * columns + head * width, there = firstKey * stride + head / group * width;
                    sums[row] = Softmax(query.Slice(here, width), key, there, stride, probability);
                    for (int j = 0; j < keys; j++)
                    {
                        double weight = Philox.MaskFactor(dropout, (uint)j, (uint)row) * probability[j];
                        VectorMath.AddScaled(weight, value.Slice(there + j * stride, width), output.Slice(here, width));
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Recomputes the probabilities from q and k, so it leans on neither y nor logSumExp.</remarks>
    public void AttentionBackward(
        Tensor q, Tensor k, Tensor v, AttentionPlan plan, int heads, int keyValueHeads, Dropout dropout, Tensor y, Tensor logSumExp,
        Tensor dy, Tensor dq, Tensor dk, Tensor dv)
    {
        ShapeChecks.Attention(q, k, v, plan, heads, keyValueHeads, y, logSumExp);
        ShapeChecks.Expect(dy, q.Shape);
        ShapeChecks.Expect(dq, q.Shape);
        ShapeChecks.Expect(dk, k.Shape);
        ShapeChecks.Expect(dv, k.Shape);
        int columns = q.Columns, width = columns / heads, stride = k.Columns, group = heads / keyValueHeads;
        double scale = 1 / Math.Sqrt(width);
        Span<double> query = Floats(q), key = Floats(k), value = Floats(v), dOutput = Floats(dy);
        Span<double> dQuery = Floats(dq), dKey = Floats(dk), dValue = Floats(dv);
        dQuery.Clear();
        dKey.Clear();
        dValue.Clear();
        for (int s = 0; s + 1 < plan.QueryOffsets.Count; s++)
        {
            int firstKey = plan.KeyOffsets[s];
            for (int i = plan.QueryOffsets[s]; i < plan.QueryOffsets[s + 1]; i++)
            {
                int keys = plan.KeysSeen(s, i - plan.QueryOffsets[s]);
                var probability = new double[keys];
                var dProbability = new double[keys];
                for (int head = 0; head < heads; head++)
                {
                    int row = i * heads + head;
                    int here = i * columns + head * width, there = firstKey * stride + head / group * width;
                    Softmax(query.Slice(here, width), key, there, stride, probability);

                    // y = Σ_j mask_j p_j v_j: dv_j += mask_j p_j dy, dp_j = mask_j dy · v_j.
                    for (int j = 0; j < keys; j++)
                    {
                        int place = there + j * stride;
                        double mask = Philox.MaskFactor(dropout, (uint)j, (uint)row);
                        VectorMath.AddScaled(mask * probability[j], dOutput.Slice(here, width), dValue.Slice(place, width));
                        dProbability[j] = mask * VectorMath.Dot(dOutput.Slice(here, width), value.Slice(place, width));
                    }

                    // p = softmax(score): dscore_j = p_j (dp_j - Σ_l p_l dp_l); score_j = scale q · k_j.
                    double mean = VectorMath.Dot(probability, dProbability);
                    for (int j = 0; j < keys; j++)
                    {
                        int place = there + j * stride;
                        double dScore = probability[j] * (dProbability[j] - mean);
                        VectorMath.AddScaled(scale * dScore, key.Slice(place, width), dQuery.Slice(here, width));
                        VectorMath.AddScaled(scale * dScore, query.Slice(here, width), dKey.Slice(place, width));
                    }
                }
            }
        }
    }

    /// <summary>Fills in the probabilities of one query's keys and returns log Σ exp of the scores: -∞ without keys.</summary>
    private static double Softmax(
        ReadOnlySpan<double> query, ReadOnlySpan<double> key, int firstKey, int stride, Span<double> probability)
    {
        double scale = 1 / Math.Sqrt(query.Length);
        double largest = double.NegativeInfinity;
        for (int j = 0; j < probability.Length; j++)
        {
            probability[j] = scale * VectorMath.Dot(query, key.Slice(firstKey + j * stride, query.Length));
            largest = Math.Max(largest, probability[j]);
        }

        double sum = 0;
        for (int j = 0; j < probability.Length; j++)
        {
            probability[j] = Math.Exp(probability[j] - largest);
            sum += probability[j];
        }

        for (int j = 0; j < probability.Length; j++)
        {
            probability[j] /= sum;
        }

        return largest + Math.Log(sum);
    }
}
