using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Performance;

/// <summary>Every op at the shapes of a BERT-base step with 512 tokens.</summary>
internal static class PerfCases
{
    private const int Tokens = 512;
    private const int Hidden = 768;
    private const int Inner = 3072;
    private const int Heads = 12;
    private const int Kept = Hidden * Inner / 100;

    /// <summary>Rows of the embedding table that an update of is timed.</summary>
    private const int TableRows = 8192;

    private static readonly Dropout Tenth = new(0.1f, 1, 2, 3);

    public static IReadOnlyDictionary<string, PerfCase> ByName { get; } =
        new[] { Products(), Rows(), Attentions(), Updates(), Sparse(), Selection() }.SelectMany(cases => cases).ToDictionary(item => item.Name);

    private static IEnumerable<PerfCase> Products()
    {
        foreach ((int n, int k) in new[] { (Hidden, Hidden), (Inner, Hidden), (Hidden, Inner) })
        {
            yield return Product(Tokens, n, k, transposeA: false, transposeB: true);
            yield return Product(Tokens, n, k, transposeA: false, transposeB: false);
            yield return Product(n, k, Tokens, transposeA: true, transposeB: false);
        }

        // The first MLP layer with its activation, and the gradient that passes through it.
        yield return new("Matmul", $"ABt m={Tokens} n={Inner} k={Hidden} GELU", 2.0 * Tokens * Inner * Hidden, Floats(Tokens * Hidden, Inner * Hidden, 2 * Tokens * Inner), run =>
        {
            Tensor x = run.Normal(Tokens, Hidden), weight = run.Normal(Inner, Hidden), bias = run.Normal(1, Inner);
            Tensor y = run.Blank(Tokens, Inner), activated = run.Blank(Tokens, Inner);
            return () => run.Kernels.Matmul(x, false, weight, true, bias, y, epilogue: Epilogue.Gelu(activated));
        });
        yield return new("Matmul", $"AB m={Tokens} n={Inner} k={Hidden} GELU backward", 2.0 * Tokens * Inner * Hidden, Floats(Tokens * Hidden, Inner * Hidden, 2 * Tokens * Inner), run =>
        {
            Tensor dy = run.Normal(Tokens, Hidden), weight = run.Normal(Hidden, Inner), inner = run.Normal(Tokens, Inner), dx = run.Blank(Tokens, Inner);
            return () => run.Kernels.Matmul(dy, false, weight, false, null, dx, epilogue: Epilogue.GeluBackward(inner));
        });

        foreach ((int m, HalfFormat format) in new[] { (1, HalfFormat.BFloat16), (Tokens, HalfFormat.BFloat16), (Tokens, HalfFormat.Float16) })
        {
            yield return new(
                "MatmulHalves", $"ABt m={m} n={Inner} k={Hidden} {format}", 2.0 * m * Inner * Hidden,
                Floats(m * Hidden, m * Inner) + (Floats(Inner * Hidden) / 2), run =>
                {
                    Tensor x = run.Normal(m, Hidden), words = run.Halves(format, Inner, Hidden), y = run.Blank(m, Inner);
                    return () => run.Kernels.MatmulHalves(x, false, words, format, true, null, y);
                });
        }

        yield return new("AccumulateGram", $"m={Hidden} n={Inner}", 1.0 * Hidden * Hidden * Inner, Floats(Hidden * Inner, Hidden * Hidden), run =>
        {
            Tensor g = run.Normal(Hidden, Inner), gram = run.Normal(Hidden, Hidden);
            return () => run.Kernels.AccumulateGram(g, false, gram);
        });
    }

    /// <summary>c = a b, [m, n] of inner dimension k, either operand transposed.</summary>
    public static PerfCase Product(int m, int n, int k, bool transposeA, bool transposeB)
    {
        string form = (transposeA ? "At" : "A") + (transposeB ? "Bt" : "B");
        return new("Matmul", $"{form} m={m} n={n} k={k}", 2.0 * m * n * k, Floats(m * k, n * k, m * n), run =>
        {
            Tensor a = transposeA ? run.Normal(k, m) : run.Normal(m, k), b = transposeB ? run.Normal(n, k) : run.Normal(k, n);
            Tensor c = run.Blank(m, n);
            return () => run.Kernels.Matmul(a, transposeA, b, transposeB, null, c);
        });
    }

    private static IEnumerable<PerfCase> Rows()
    {
        const int inner = Tokens * Inner, hidden = Tokens * Hidden;
        yield return Map("Copy", Inner, 2, (run, x, y) => run.Kernels.Copy(x, y));
        yield return Map("Fill", Inner, 1, (run, _, y) => run.Kernels.Fill(y, 1));
        yield return Map("Add", Inner, 3, (run, x, y) => run.Kernels.Add(x, y));
        yield return Map("Scale", Inner, 2, (run, x, y) => run.Kernels.Scale(x, 0.5f, y));
        yield return Map("Gelu", Inner, 2, (run, x, y) => run.Kernels.Gelu(x, y));
        yield return Map("Tanh", Inner, 2, (run, x, y) => run.Kernels.Tanh(x, y));
        yield return Map("GeluBackward", Inner, 3, (run, x, y) => run.Kernels.GeluBackward(x, y, y));
        yield return Map("TanhBackward", Inner, 3, (run, x, y) => run.Kernels.TanhBackward(x, y, y));
        yield return Map("SwiGlu", Inner, 3, (run, x, y) => run.Kernels.SwiGlu(x, y, y));
        yield return Map("SwiGluBackward", Inner, 5, (run, x, y) => run.Kernels.SwiGluBackward(x, y, y, x, y));
        yield return Map("ApplyDropout", Inner, 2, (run, x, y) => run.Kernels.ApplyDropout(x, Tenth, y));
        yield return new("ColumnSum", $"rows={Tokens} columns={Inner}", 0, Floats(inner, Inner), run =>
        {
            Tensor a = run.Normal(Tokens, Inner), total = run.Blank(1, Inner);
            return () => run.Kernels.ColumnSum(a, null, total);
        });
        yield return new("LayerNorm", $"rows={Tokens} columns={Hidden} residual dropout", 0, Floats(hidden, hidden, hidden, hidden), run =>
        {
            Tensor x = run.Normal(Tokens, Hidden), residual = run.Normal(Tokens, Hidden), y = run.Blank(Tokens, Hidden);
            Tensor gain = run.Normal(1, Hidden), bias = run.Normal(1, Hidden), normalized = run.Blank(Tokens, Hidden), inverse = run.Blank(1, Tokens);
            return () => run.Kernels.LayerNorm(x, residual, gain, bias, 1e-12f, Tenth, y, normalized, inverse);
        });
        yield return new("LayerNormBackward", $"rows={Tokens} columns={Hidden} dropout", 0, Floats(hidden, hidden, hidden, hidden), run =>
        {
            Tensor dy = run.Normal(Tokens, Hidden), normalized = run.Normal(Tokens, Hidden), gain = run.Normal(1, Hidden);
            Tensor inverse = run.Normal(1, Tokens), dResidual = run.Blank(Tokens, Hidden), dx = run.Blank(Tokens, Hidden);
            return () => run.Kernels.LayerNormBackward(dy, normalized, inverse, gain, Tenth, dResidual, dx);
        });
        yield return new("Affine", $"rows={Tokens} columns={Hidden}", 0, Floats(hidden, hidden), run =>
        {
            Tensor x = run.Normal(Tokens, Hidden), y = run.Blank(Tokens, Hidden), gain = run.Normal(1, Hidden), bias = run.Normal(1, Hidden);
            return () => run.Kernels.Affine(x, gain, bias, y);
        });
        yield return new("RmsNorm", $"rows={Tokens} columns={Hidden}", 0, Floats(hidden, hidden), run =>
        {
            Tensor x = run.Normal(Tokens, Hidden), y = run.Blank(Tokens, Hidden), gain = run.Normal(1, Hidden), inverse = run.Blank(1, Tokens);
            return () => run.Kernels.RmsNorm(x, gain, 1e-6f, y, inverse);
        });
        yield return new("RmsNormBackward", $"rows={Tokens} columns={Hidden} accumulate normalized", 0, Floats(hidden, hidden, hidden, hidden, hidden), run =>
        {
            Tensor dy = run.Normal(Tokens, Hidden), x = run.Normal(Tokens, Hidden), gain = run.Normal(1, Hidden);
            Tensor inverse = run.Normal(1, Tokens), dx = run.Zeros(Tokens, Hidden), normalized = run.Blank(Tokens, Hidden);
            return () => run.Kernels.RmsNormBackward(dy, x, inverse, gain, dx, accumulate: true, normalized);
        });
        yield return new("Rotate", $"rows={Tokens} heads={Heads} width={Hidden / Heads}", 0, Floats(hidden, hidden), run =>
        {
            Tensor x = run.Normal(Tokens, Hidden), table = run.Normal(Tokens, Hidden / Heads), y = run.Blank(Tokens, Hidden);
            Tensor positions = run.Ids([.. Enumerable.Range(0, Tokens).Select(i => (uint)i)]);
            return () => run.Kernels.Rotate(x, table, positions, inverse: false, y);
        });
        yield return new("Widen", $"rows={Tokens} columns={Inner} BFloat16", 0, Floats(inner) * 1.5, run =>
        {
            Tensor words = run.Ids(new uint[inner / 2]), y = run.Blank(Tokens, Inner);
            return () => run.Kernels.Widen(words, HalfFormat.BFloat16, y);
        });
        yield return new("Narrow", $"rows={Tokens} columns={Inner}", 0, Floats(inner) * 1.5, run =>
        {
            Tensor x = run.Normal(Tokens, Inner), words = run.Ids(new uint[inner / 2]);
            return () => run.Kernels.Narrow(x, words);
        });
        yield return new("GatherRows", $"ids={Tokens} columns={Hidden}", 0, Floats(hidden, hidden), run =>
        {
            Tensor table = run.Normal(TableRows, Hidden), ids = run.Ids(Spread(run)), y = run.Blank(Tokens, Hidden);
            return () => run.Kernels.GatherRows(table, ids, y);
        });
        yield return new("GatherHalves", $"ids={Tokens} columns={Hidden}", 0, Floats(hidden) * 1.5, run =>
        {
            Tensor words = run.Own(run.Kernels.Allocate(new Shape(TableRows, Hidden / 2), DType.UInt32, MemoryCategory.Scratch));
            run.Kernels.Upload(new uint[words.Length], words);
            Tensor ids = run.Ids(Spread(run)), y = run.Blank(Tokens, Hidden);
            return () => run.Kernels.GatherHalves(words, HalfFormat.Float16, ids, y);
        });
        yield return new("ScatterAddRows", $"ids={Tokens} columns={Hidden}", 0, Floats(hidden, hidden, hidden), run =>
        {
            RowSegments segments = run.Own(RowSegments.Create(run.Kernels, Spread(run)));
            Tensor dy = run.Normal(Tokens, Hidden), table = run.Normal(TableRows, Hidden);
            return () => run.Kernels.ScatterAddRows(dy, segments, table);
        });
        yield return new("CrossEntropy", "rows=4096 classes=256", 0, Floats(4096 * 256, 4096 * 256), run =>
        {
            Tensor logits = run.Normal(4096, 256), labels = run.Ids(new uint[4096]), loss = run.Blank(1, 1), gradient = run.Blank(4096, 256);
            return () => run.Kernels.CrossEntropy(logits, labels, 4096, loss, gradient);
        });
        yield return new("MeanSquaredError", "rows=4096 columns=256", 0, Floats(4096 * 256, 4096 * 256, 4096 * 256), run =>
        {
            Tensor x = run.Normal(4096, 256), targets = run.Normal(4096, 256), loss = run.Blank(1, 1), gradient = run.Blank(4096, 256);
            return () => run.Kernels.MeanSquaredError(x, targets, 4096, loss, gradient);
        });
    }

    private static PerfCase Map(string op, int columns, int passes, Action<CaseRun, Tensor, Tensor> apply) => new(
        op, $"rows={Tokens} columns={columns}", 0, passes * Floats(Tokens * columns), run =>
        {
            Tensor x = run.Normal(Tokens, columns), y = run.Normal(Tokens, columns);
            return () => apply(run, x, y);
        });

    private static IEnumerable<PerfCase> Attentions()
    {
        yield return CausalAttention(backward: false);
        yield return CausalAttention(backward: true);

        // Sequences of 32 tokens: every query meets 32 keys.
        const int length = 32, hidden = Tokens * Hidden;
        int[] offsets = [.. Enumerable.Range(0, Tokens / length + 1).Select(i => i * length)];
        double pairs = 2.0 * Tokens * length * Hidden;
        foreach (bool backward in (bool[])[false, true])
        {
            yield return new(
                backward ? "AttentionBackward" : "Attention", $"tokens={Tokens} length={length} heads={Heads} dropout",
                (backward ? 7 : 2) * pairs, Floats(hidden, hidden, hidden, hidden) * (backward ? 2 : 1), run =>
                {
                    AttentionPlan plan = run.Own(run.Kernels.PlanAttention(offsets, offsets));
                    Tensor q = run.Normal(Tokens, Hidden), k = run.Normal(Tokens, Hidden), v = run.Normal(Tokens, Hidden);
                    Tensor y = run.Blank(Tokens, Hidden), sums = run.Blank(Tokens, Heads);
                    run.Kernels.Attention(q, k, v, plan, Heads, Heads, Tenth, y, sums);
                    Tensor dy = run.Normal(Tokens, Hidden), dq = run.Blank(Tokens, Hidden), dk = run.Blank(Tokens, Hidden), dv = run.Blank(Tokens, Hidden);
                    return backward
                        ? () => run.Kernels.AttentionBackward(q, k, v, plan, Heads, Heads, Tenth, y, sums, dy, dq, dk, dv)
                        : () => run.Kernels.Attention(q, k, v, plan, Heads, Heads, Tenth, y, sums);
                });
        }
    }

    /// <summary>One long sequence of a decoder whose heads are 128 wide and share keys and values by four.</summary>
    private static PerfCase CausalAttention(bool backward)
    {
        const int width = 128, heads = 8, keyValueHeads = 2, columns = heads * width, keyColumns = keyValueHeads * width;
        double bytes = Floats(Tokens * columns, Tokens * columns, Tokens * keyColumns, Tokens * keyColumns) * (backward ? 2 : 1);
        return new(
            backward ? "AttentionBackward" : "Attention", $"tokens={Tokens} heads={heads} keyValueHeads={keyValueHeads} width={width} causal",
            (backward ? 7.0 : 2.0) * Tokens * (Tokens + 1) * columns, bytes, run =>
            {
                AttentionPlan plan = run.Own(run.Kernels.PlanAttention([0, Tokens], [0, Tokens], causal: true));
                Tensor q = run.Normal(Tokens, columns), k = run.Normal(Tokens, keyColumns), v = run.Normal(Tokens, keyColumns);
                Tensor y = run.Blank(Tokens, columns), sums = run.Blank(Tokens, heads), dy = run.Normal(Tokens, columns);
                Tensor dq = run.Blank(Tokens, columns), dk = run.Blank(Tokens, keyColumns), dv = run.Blank(Tokens, keyColumns);
                Action forward = () => run.Kernels.Attention(q, k, v, plan, heads, keyValueHeads, Dropout.None, y, sums);
                forward();
                return backward
                    ? () => run.Kernels.AttentionBackward(q, k, v, plan, heads, keyValueHeads, Dropout.None, y, sums, dy, dq, dk, dv)
                    : forward;
            });
    }

    private static IEnumerable<PerfCase> Updates()
    {
        const int table = TableRows * Hidden;
        yield return new("SquaredNorm", $"rows={TableRows} columns={Hidden}", 0, Floats(table), run =>
        {
            Tensor x = run.Normal(TableRows, Hidden), partials = run.Blank(1, IKernels.NormPartials);
            return () => run.Kernels.SquaredNorm(x, partials, 0);
        });
        yield return new("ClipFactor", "slots=256", 0, Floats(256 * IKernels.NormPartials), run =>
        {
            Tensor partials = run.Normal(1, 256 * IKernels.NormPartials), loss = run.Normal(1, 1), clip = run.Blank(1, 2);
            return () => run.Kernels.ClipFactor(partials, loss, 1, clip);
        });
        yield return new("AdamW", $"rows={TableRows} columns={Hidden}", 0, Floats(table) * 7, run =>
        {
            Tensor parameter = run.Normal(TableRows, Hidden), gradient = run.Normal(TableRows, Hidden);
            Tensor m = run.Zeros(TableRows, Hidden), v = run.Zeros(TableRows, Hidden), clip = run.Matrix(1, 2, 1, 1);
            return () => run.Kernels.AdamW(parameter, gradient, m, v, clip, new AdamParameters(1e-4, 0.9, 0.999, 1e-8, 0.01, 1));
        });
    }

    private static IEnumerable<PerfCase> Sparse()
    {
        const int weight = Hidden * Inner;
        yield return new("TopK", $"rows={Hidden} columns={Inner} k={Kept}", 0, Floats(weight) * 5, run =>
        {
            Tensor c = run.Normal(Hidden, Inner), indices = run.BlankIds(Kept), values = run.Blank(1, Kept);
            return () => run.Kernels.TopK([new(c, indices, values)]);
        });
        yield return new("SparseAdam", $"rows={Hidden} columns={Inner} k={Kept}", 0, Floats(Kept) * 7, run =>
        {
            Tensor m = run.Zeros(Hidden, Inner), v = run.Zeros(Hidden, Inner), clip = run.Matrix(1, 2, 1, 1);
            Tensor indices = run.Ids(EveryHundredth()), values = run.Normal(1, Kept), delta = run.Blank(1, Kept);
            return () => run.Kernels.SparseAdam(indices, values, m, v, clip, new AdamParameters(1e-4, 0.9, 0.999, 1e-8, 0, 1), delta);
        });
        yield return new("SparseScatter", $"rows={Hidden} columns={Inner} k={Kept}", 2.0 * Kept * Inner, Floats(Inner * Inner, weight, weight), run =>
        {
            Tensor indices = run.Ids(EveryHundredth()), delta = run.Normal(1, Kept);
            Tensor basis = run.Normal(Inner, Inner), h = run.Normal(Hidden, Inner);
            Tensor starts = run.Ids(new uint[Hidden + 1]);
            return () => run.Kernels.SparseScatter(indices, delta, basis, starts, h);
        });
    }

    private static IEnumerable<PerfCase> Selection()
    {
        const int coordinates = Inner / 8;
        yield return new("SparseDots", $"rows={Hidden} columns={Inner} k={Kept}", 2.0 * Kept * Inner, Floats(Hidden * Inner, Inner * Inner), run =>
        {
            Tensor gradient = run.Normal(Hidden, Inner), basis = run.Normal(Inner, Inner), values = run.Blank(1, Kept);
            Tensor indices = run.Ids(EveryHundredth());
            return () => run.Kernels.SparseDots(indices, gradient, basis, values);
        });
        yield return new("SelectColumns", $"rows={Hidden} have={Inner} wanted={coordinates}", 0, Floats(2 * Hidden * coordinates), run =>
        {
            Tensor x = run.Normal(Hidden, Inner), y = run.Blank(Hidden, coordinates);
            Tensor wanted = run.Ids([.. Enumerable.Range(0, coordinates).Select(i => (uint)(8 * i))]);
            return () => run.Kernels.SelectColumns(x, null, wanted, y);
        });
        yield return new("MarkEntries", $"rows={Hidden} columns={Inner} k={Kept}", 0, Floats(3 * Kept), run =>
        {
            Tensor indices = run.Ids(EveryHundredth()), delta = run.Normal(1, Kept), marks = run.Ids(new uint[Hidden * Inner / 32]);
            return () => run.Kernels.MarkEntries(indices, delta, null, Inner, marks);
        });
        yield return new("AddEntries", $"rows={Hidden} columns={Inner} k={Kept}", 0, Floats(4 * Kept), run =>
        {
            Tensor indices = run.Ids(EveryHundredth()), delta = run.Normal(1, Kept), y = run.Normal(Hidden, Inner);
            return () => run.Kernels.AddEntries(indices, delta, y);
        });
    }

    private static double Floats(params double[] counts) => counts.Sum() * sizeof(float);

    private static uint[] Spread(CaseRun run) => [.. Enumerable.Range(0, Tokens).Select(_ => (uint)run.Generator.NextInt(TableRows))];

    private static uint[] EveryHundredth() => [.. Enumerable.Range(0, Kept).Select(i => (uint)(i * 100))];
}
