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

    private static IEnumerable<KernelCase> MaskedAndGroupedAttentions()
    {
        (int Heads, int KeyValueHeads, int Width)[] models =
            [(2, 2, 4), (4, 2, 8), (8, 1, 20), (4, 2, 3)];
        (int[] Queries, int[] Keys)[] batches =
        [
            ([1, 3, 33, 70], [1, 3, 33, 70]), ([1, 1, 5, 9], [7, 40, 33, 10]), ([5, 20, 3, 0], [3, 1, 0, 4]),
        ];
        foreach ((int heads, int keyValueHeads, int width) in models)
        {
            foreach (Dropout dropout in width == 8 ? [Dropout.None, Probabilities[1]] : new[] { Dropout.None })
            {
                foreach ((int[] queries, int[] keys) in batches)
                {
                    foreach (KernelCase item in Attention(
                        heads, width, queries, keys, dropout, keyValueHeads: keyValueHeads, causal: true))
                    {
                        yield return item;
                    }
                }

                if (keyValueHeads < heads && !dropout.Enabled)
                {
                    foreach (KernelCase item in Attention(heads, width, [9, 33], [33, 2], dropout, keyValueHeads: keyValueHeads))
                    {
                        yield return item;
                    }
                }
            }
        }

        // Wide heads, of which drivers compile long, and many queries, of which on narrow devices a key's gradient takes several
        // dispatches: of wide heads by the kernels for GPUs, of very many heads by those for software drivers. Many keys.
        foreach (KernelCase item in Attention(8, 128, [1040], [3], Dropout.None, keyValueHeads: 1)
            .Concat(Attention(128, 4, [2048], [3], Dropout.None, keyValueHeads: 1))
            .Concat(Attention(1, 8, [2], [2001], Dropout.None))
            .Concat(Attention(4, 8, [33], [33], Dropout.None, LargeScoreLimit, scale: 8, keyValueHeads: 2, causal: true)))
        {
            yield return item;
        }
    }

    private static IEnumerable<KernelCase> Attention(
        int heads, int width, int[] queries, int[] keys, Dropout dropout, double? limit = null, double scale = 1,
        int? keyValueHeads = null, bool causal = false)
    {
        int keyHeads = keyValueHeads ?? heads;
        string lengths = string.Join(',', queries) + (queries == keys ? "" : $" keys={string.Join(',', keys)}");
        string parameters = $"heads={heads} width={width} queries={lengths} {Text(dropout)} scale={scale}" +
            (keyValueHeads is null ? "" : $" keyValueHeads={keyHeads}") + (causal ? " causal" : "");
        yield return new("Attention", parameters, run => Run(run, backward: false));
        yield return new("AttentionBackward", parameters, run => Run(run, backward: true));

        void Run(CaseRun run, bool backward)
        {
            AttentionPlan plan = run.Own(run.Kernels.PlanAttention(Offsets(queries), Offsets(keys), causal));
            int columns = heads * width, keyColumns = keyHeads * width;
            Tensor q = run.Normal(plan.Queries, columns, scale), k = run.Normal(plan.Keys, keyColumns, scale);
            Tensor v = run.Normal(plan.Keys, keyColumns);
            Tensor y = run.Blank(plan.Queries, columns), logSumExp = run.Blank(plan.Queries, heads);
            run.Kernels.Attention(q, k, v, plan, heads, keyHeads, dropout, y, logSumExp);
            if (!backward)
            {
                run.Compare("y", y, limit ?? AttentionLimit);
                run.Compare("logSumExp", WithKeys(run.Read(logSumExp), heads, plan), limit ?? AttentionLimit);
                return;
            }

            Tensor dy = run.Normal(plan.Queries, columns);
            Tensor dq = run.Blank(plan.Queries, columns), dk = run.Blank(plan.Keys, keyColumns), dv = run.Blank(plan.Keys, keyColumns);
            run.Kernels.AttentionBackward(q, k, v, plan, heads, keyHeads, dropout, y, logSumExp, dy, dq, dk, dv);
            run.Compare("dq", dq, limit ?? AttentionBackwardLimit);
            run.Compare("dk", dk, limit ?? AttentionBackwardLimit);
            run.Compare("dv", dv, limit ?? AttentionBackwardLimit);
        }
    }

    private static int[] Offsets(int[] lengths) => [0, .. lengths.Select((_, i) => lengths.Take(i + 1).Sum())];

    /// <summary>The sums of the queries that see keys; the contract defines no others.</summary>
    private static double[] WithKeys(double[] logSumExp, int heads, AttentionPlan plan)
    {
        IEnumerable<bool> defined = Enumerable.Range(0, plan.QueryOffsets.Count - 1).SelectMany(s =>
            Enumerable.Range(0, (plan.QueryOffsets[s + 1] - plan.QueryOffsets[s]) * heads).Select(i => plan.KeysSeen(s, i / heads) > 0));
        return [.. logSumExp.Zip(defined).Where(pair => pair.Second).Select(pair => pair.First)];
    }
}
