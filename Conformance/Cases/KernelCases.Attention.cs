using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Cases;

internal static partial class KernelCases
{
    /// <summary>exp of a score with a float's rounding errs by the score's magnitude times 2⁻²⁴, and sums over keys follow.</summary>
    private const double AttentionLimit = 1e-5;

    /// <summary>As forward, and then the difference of two near sums.</summary>
    private const double AttentionBackwardLimit = 3e-5;

    /// <summary>Scores near 150, past where exp overflows a float, carry an error of 150 · 2⁻²³.</summary>
    private const double LargeScoreLimit = 3e-4;

    private static IEnumerable<KernelCase> Attentions()
    {
        (int Heads, int Width)[] models = [(1, 1), (2, 4), (1, 8), (2, 20), (12, 32), (1, 64), (12, 4), (2, 32)];
        int[][] lengths = [[1], [2, 7], [8, 9, 1], [33], [70, 3]];
        foreach ((int heads, int width) in models)
        {
            foreach (Dropout dropout in new[] { Dropout.None, Probabilities[1] })
            {
                foreach (int[] sequences in lengths)
                {
                    foreach (KernelCase item in Attention(heads, width, sequences, sequences, dropout))
                    {
                        yield return item;
                    }
                }

                int[] firstTokens = [1, 1, 1, 1], keys = [7, 1, 33, 9];
                foreach (KernelCase item in Attention(heads, width, firstTokens, keys, dropout))
                {
                    yield return item;
                }
            }
        }

        // Sequences without keys, without queries, and with neither; batches of nothing else.
        foreach (KernelCase item in Attention(2, 8, [2, 0, 0, 3, 1], [0, 4, 0, 5, 9], Dropout.None)
            .Concat(Attention(2, 8, [2, 3], [0, 0], Dropout.None))
            .Concat(Attention(2, 8, [0, 0], [4, 1], Dropout.None))
            .Concat(Attention(2, 8, [0], [0], Dropout.None))
            .Concat(Attention(2, 8, [4], [4], Dropout.None, LargeScoreLimit, scale: 8))
            .Concat(Attention(1, 32, [33, 2], [33, 2], Probabilities[2])))
        {
            yield return item;
        }
    }

    private static IEnumerable<KernelCase> Attention(
        int heads, int width, int[] queries, int[] keys, Dropout dropout, double? limit = null, double scale = 1)
    {
        string lengths = string.Join(',', queries) + (queries == keys ? "" : $" keys={string.Join(',', keys)}");
        string parameters = $"heads={heads} width={width} queries={lengths} {Text(dropout)} scale={scale}";
        yield return new("Attention", parameters, run => Run(run, backward: false));
        yield return new("AttentionBackward", parameters, run => Run(run, backward: true));

        void Run(CaseRun run, bool backward)
        {
            AttentionPlan plan = run.Own(run.Kernels.PlanAttention(Offsets(queries), Offsets(keys)));
            int columns = heads * width;
            Tensor q = run.Normal(plan.Queries, columns, scale), k = run.Normal(plan.Keys, columns, scale);
            Tensor v = run.Normal(plan.Keys, columns);
            Tensor y = run.Blank(plan.Queries, columns), logSumExp = run.Blank(plan.Queries, heads);
            run.Kernels.Attention(q, k, v, plan, heads, dropout, y, logSumExp);
            if (!backward)
            {
                run.Compare("y", y, limit ?? AttentionLimit);
                run.Compare("logSumExp", WithKeys(run.Read(logSumExp), heads, queries, keys), limit ?? AttentionLimit);
                return;
            }

            Tensor dy = run.Normal(plan.Queries, columns);
            Tensor dq = run.Blank(plan.Queries, columns), dk = run.Blank(plan.Keys, columns), dv = run.Blank(plan.Keys, columns);
            run.Kernels.AttentionBackward(q, k, v, plan, heads, dropout, y, logSumExp, dy, dq, dk, dv);
            run.Compare("dq", dq, limit ?? AttentionBackwardLimit);
            run.Compare("dk", dk, limit ?? AttentionBackwardLimit);
            run.Compare("dv", dv, limit ?? AttentionBackwardLimit);
        }
    }

    private static int[] Offsets(int[] lengths) => [0, .. lengths.Select((_, i) => lengths.Take(i + 1).Sum())];

    /// <summary>The sums of the queries that have keys; the contract defines no others.</summary>
    private static double[] WithKeys(double[] logSumExp, int heads, int[] queries, int[] keys)
    {
        IEnumerable<bool> defined = queries.SelectMany((count, s) => Enumerable.Repeat(keys[s] > 0, count * heads));
        return [.. logSumExp.Zip(defined).Where(pair => pair.Second).Select(pair => pair.First)];
    }
}
