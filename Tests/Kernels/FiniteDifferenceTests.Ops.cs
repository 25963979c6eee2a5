using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

public sealed partial class FiniteDifferenceTests
{
    [TestMethod]
    public void Gelu()
    {
        Tensor x = Random(3, 5), y = Empty(3, 5), dy = Random(3, 5), dx = Empty(3, 5);
        kernels.GeluBackward(x, dy, dx);
        Check(() => kernels.Gelu(x, y), y, dy, (x, dx));
    }

    [TestMethod]
    public void Tanh()
    {
        Tensor x = Random(3, 5), y = Empty(3, 5), dy = Random(3, 5), dx = Empty(3, 5);
        kernels.Tanh(x, y);
        kernels.TanhBackward(y, dy, dx);
        Check(() => kernels.Tanh(x, y), y, dy, (x, dx));
    }

    [TestMethod]
    public void SwiGlu()
    {
        Tensor gate = Random(3, 5), up = Random(3, 5), y = Empty(3, 5), dy = Random(3, 5), dGate = Empty(3, 5), dUp = Empty(3, 5);
        kernels.SwiGluBackward(gate, up, dy, dGate, dUp);
        Check(() => kernels.SwiGlu(gate, up, y), y, dy, (gate, dGate), (up, dUp));
    }

    [TestMethod]
    public void Rotate_is_its_own_gradient_backwards()
    {
        Tensor x = Random(3, 8), table = Random(5, 4), positions = kernels.FromArray([4, 0, 1]), y = Empty(3, 8);
        Tensor dy = Random(3, 8), dx = Empty(3, 8);
        kernels.Rotate(dy, table, positions, inverse: true, dx);
        Check(() => kernels.Rotate(x, table, positions, inverse: false, y), y, dy, (x, dx));
    }

    [TestMethod]
    public void RmsNorm()
    {
        Tensor x = Random(3, 6), gain = Random(1, 6), y = Empty(3, 6), inverse = Empty(1, 3), dy = Random(3, 6);
        Tensor dx = Empty(3, 6), normalized = Empty(3, 6), dGain = Empty(1, 6);
        Forward();
        kernels.RmsNormBackward(dy, x, inverse, gain, dx, normalized: normalized);
        kernels.ColumnSum(dy, normalized, dGain);

        Check(Forward, y, dy, (x, dx), (gain, dGain));

        void Forward() => kernels.RmsNorm(x, gain, 1e-3f, y, inverse);
    }

    [TestMethod]
    public void ApplyDropout_is_its_own_gradient()
    {
        Tensor x = Random(3, 5), y = Empty(3, 5), dy = Random(3, 5), dx = Empty(3, 5);
        kernels.ApplyDropout(dy, Half, dx);
        Check(() => kernels.ApplyDropout(x, Half, y), y, dy, (x, dx));
    }

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public void LayerNorm(bool withResidual, bool withDropout)
    {
        const int rows = 3, columns = 6;
        Dropout dropout = withDropout ? Half : Dropout.None;
        Tensor x = Random(rows, columns), gain = Random(1, columns), bias = Random(1, columns), dy = Random(rows, columns);
        Tensor? residual = withResidual ? Random(rows, columns) : null;
        Tensor y = Empty(rows, columns), normalized = Empty(rows, columns), inverse = Empty(1, rows);
        Tensor dx = Empty(rows, columns), dResidual = Empty(rows, columns), dGain = Empty(1, columns), dBias = Empty(1, columns);
        Forward();
        kernels.LayerNormBackward(dy, normalized, inverse, gain, dropout, dResidual, dx);
        kernels.ColumnSum(dy, normalized, dGain);
        kernels.ColumnSum(dy, null, dBias);

        Check(Forward, y, dy, (x, dx), (gain, dGain), (bias, dBias));
        if (residual is not null)
        {
            Check(Forward, y, dy, (residual, dResidual));
        }

        void Forward() => kernels.LayerNorm(x, residual, gain, bias, 1e-3f, dropout, y, normalized, inverse);
    }

    [TestMethod]
    public void GatherRows_and_ScatterAddRows()
    {
        uint[] ids = [2, 0, 2, 3, 2];
        Tensor table = Random(5, 3), places = kernels.FromArray(ids), y = Empty(5, 3), dy = Random(5, 3);
        Tensor dTable = kernels.Zeros(new Shape(5, 3), MemoryCategory.Gradients);
        using RowSegments segments = RowSegments.Create(kernels, ids);
        kernels.ScatterAddRows(dy, segments, dTable);
        Check(() => kernels.GatherRows(table, places, y), y, dy, (table, dTable));
    }

    [TestMethod]
    [DataRow(false, false, 2)]
    [DataRow(true, false, 2)]
    [DataRow(false, true, 2)]
    [DataRow(false, false, 1)]
    [DataRow(true, true, 1)]
    public void Attention(bool withDropout, bool causal, int keyValueHeads)
    {
        const int heads = 2, columns = 6;
        int keyColumns = columns / heads * keyValueHeads;
        Dropout dropout = withDropout ? Half : Dropout.None;
        using AttentionPlan plan = kernels.PlanAttention([0, 1, 4, 4, 8], [0, 4, 7, 8, 10], causal);
        Tensor q = Random(plan.Queries, columns), k = Random(plan.Keys, keyColumns), v = Random(plan.Keys, keyColumns);
        Tensor y = Empty(plan.Queries, columns), logSumExp = Empty(plan.Queries, heads), dy = Random(plan.Queries, columns);
        Tensor dq = Empty(plan.Queries, columns), dk = Empty(plan.Keys, keyColumns), dv = Empty(plan.Keys, keyColumns);
        Forward();
        kernels.AttentionBackward(q, k, v, plan, heads, keyValueHeads, dropout, y, logSumExp, dy, dq, dk, dv);

        Check(Forward, y, dy, (q, dq), (k, dk), (v, dv));

        void Forward() => kernels.Attention(q, k, v, plan, heads, keyValueHeads, dropout, y, logSumExp);
    }

    [TestMethod]
    public void CrossEntropy()
    {
        Tensor logits = Random(4, 3), labels = kernels.FromArray([2, 0, 1, 2]);
        Tensor loss = Empty(1, 1), one = kernels.FromArray(Shape.Vector(1), [1]), dLogits = Empty(4, 3), ignored = Empty(4, 3);
        kernels.CrossEntropy(logits, labels, 7, loss, dLogits);
        Check(() => kernels.CrossEntropy(logits, labels, 7, loss, ignored), loss, one, (logits, dLogits));
    }

    [TestMethod]
    public void MeanSquaredError()
    {
        Tensor predictions = Random(4, 3), targets = Random(4, 3);
        Tensor loss = Empty(1, 1), one = kernels.FromArray(Shape.Vector(1), [1]), gradient = Empty(4, 3), ignored = Empty(4, 3);
        kernels.MeanSquaredError(predictions, targets, 5, loss, gradient);
        Check(() => kernels.MeanSquaredError(predictions, targets, 5, loss, ignored), loss, one, (predictions, gradient));
    }

    [TestMethod]
    public void Matmul()
    {
        // C = A B + bias: dA = dC Bᵀ, dB = Aᵀ dC, dbias = column sums of dC.
        Tensor a = Random(3, 4), b = Random(4, 5), bias = Random(1, 5), c = Empty(3, 5), dc = Random(3, 5);
        Tensor da = Empty(3, 4), db = Empty(4, 5), dBias = Empty(1, 5);
        kernels.Matmul(dc, false, b, true, null, da);
        kernels.Matmul(a, true, dc, false, null, db);
        kernels.ColumnSum(dc, null, dBias);
        Check(() => kernels.Matmul(a, false, b, false, bias, c), c, dc, (a, da), (b, db), (bias, dBias));
    }

    [TestMethod]
    public void Matmul_with_b_transposed()
    {
        // C = A Bᵀ: dA = dC B, dB = dCᵀ A.
        Tensor a = Random(3, 4), b = Random(5, 4), c = Empty(3, 5), dc = Random(3, 5), da = Empty(3, 4), db = Empty(5, 4);
        kernels.Matmul(dc, false, b, false, null, da);
        kernels.Matmul(dc, true, a, false, null, db);
        Check(() => kernels.Matmul(a, false, b, true, null, c), c, dc, (a, da), (b, db));
    }

    [TestMethod]
    public void Matmul_with_a_transposed()
    {
        // C = Aᵀ B: dA = B dCᵀ, dB = A dC.
        Tensor a = Random(4, 3), b = Random(4, 5), c = Empty(3, 5), dc = Random(3, 5), da = Empty(4, 3), db = Empty(4, 5);
        kernels.Matmul(b, false, dc, true, null, da);
        kernels.Matmul(a, false, dc, false, null, db);
        Check(() => kernels.Matmul(a, true, b, false, null, c), c, dc, (a, da), (b, db));
    }
}
