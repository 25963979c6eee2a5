using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

public sealed partial class ReferenceKernelsTests
{
    [TestMethod]
    public void LayerNorm_normalizes_rows()
    {
        // Row sums 1+2, 2+4, 3+0: z = 3 6 3, mean 4, variance 2.
        Tensor x = Row(1, 2, 3), residual = Row(2, 4, 0), y = Empty(1, 3), inverse = Empty(1, 1);

        kernels.LayerNorm(x, residual, Row(2, 3, 4), Row(1, 0, -1), 0, Dropout.None, y, x, inverse);

        double root = Math.Sqrt(2);
        AssertValues(x, -1 / root, 2 / root, -1 / root);
        AssertValues(inverse, 1 / root);
        AssertValues(y, -2 / root + 1, 6 / root, -4 / root - 1);
    }

    [TestMethod]
    public void LayerNormBackward_needs_a_second_gradient_with_dropout() =>
        Assert.ThrowsExactly<ArgumentException>(() => kernels.LayerNormBackward(
            Row(1, 2), Row(1, -1), Row(1), Row(1, 1), new Dropout(0.5f, 0, 0, 0), Empty(1, 2), null));

    [TestMethod]
    public void Affine_scales_and_shifts_columns()
    {
        Tensor y = Empty(2, 3);
        kernels.Affine(Matrix(2, 3, 1, 2, 3, 4, 5, 6), Row(2, 0, -1), Row(10, 20, 30), y);
        AssertValues(y, 12, 20, 27, 18, 20, 24);
        Assert.ThrowsExactly<ArgumentException>(() => kernels.Affine(Empty(2, 3), Row(1, 2), Row(1, 2, 3), Empty(2, 3)));
    }

    [TestMethod]
    public void RmsNorm_divides_by_the_root_of_the_mean_square()
    {
        // (1² + 3² + 1² + 3²) / 4 + 4 = 9 and (8² + 4² + 2² + 0²) / 4 + 4 = 25.
        Tensor x = Matrix(2, 4, 1, 3, -1, 3, 8, -4, 2, 0), y = Empty(2, 4), inverse = Empty(1, 2);

        kernels.RmsNorm(x, Row(1, 2, 3, 0), 4, y, inverse);

        AssertValues(inverse, 1.0 / 3, 1.0 / 5);
        AssertValues(y, 1.0 / 3, 2, -1, 0, 8.0 / 5, -8.0 / 5, 6.0 / 5, 0);
    }

    // One head of width 4 with θ = 10000: angles 1 and 0.01 times the position.
    [TestMethod]
    public void Rotate_turns_the_halves_of_a_head_against_each_other()
    {
        Tensor table = Matrix(
            2, 4, 1, 1, 0, 0, MathF.Cos(1), MathF.Cos(0.01f), MathF.Sin(1), MathF.Sin(0.01f));
        Tensor x = Matrix(3, 4, 1, 0, 0, 0, 0, 1, 0, 0, 5, 6, 7, 8), y = Empty(3, 4), back = Empty(3, 4);
        Tensor positions = Ids(1, 1, 0);

        kernels.Rotate(x, table, positions, inverse: false, y);
        kernels.Rotate(y, table, positions, inverse: true, back);

        AssertWithin(
            1e-7, y, Math.Cos(1), 0, Math.Sin(1), 0, 0, Math.Cos(0.01), 0, Math.Sin(0.01), 5, 6, 7, 8);
        AssertWithin(1e-7, back, 1, 0, 0, 0, 0, 1, 0, 0, 5, 6, 7, 8);
    }

    [TestMethod]
    [DataRow(3)]
    [DataRow(0)]
    [DataRow(6)]
    public void Rotate_refuses_a_table_that_does_not_fit(int columns) => Assert.ThrowsExactly<ArgumentException>(() =>
        kernels.Rotate(Empty(1, 4), Empty(2, columns), Ids(1), inverse: false, Empty(1, 4)));

    [TestMethod]
    public void GatherRows_gathers_and_accumulates()
    {
        Tensor table = Matrix(3, 2, 1, 2, 3, 4, 5, 6), y = Empty(2, 2);

        kernels.GatherRows(table, Ids(2, 0), y);
        AssertValues(y, 5, 6, 1, 2);
        kernels.GatherRows(table, Ids(1, 1), y, accumulate: true);
        AssertValues(y, 8, 10, 4, 6);
    }

    // ArthurBrussee/brush#8: repeated ids must all count.
    [TestMethod]
    public void ScatterAddRows_sums_repeated_ids()
    {
        Tensor dy = Empty(4, 2), dTable = kernels.Zeros(new Shape(7, 2), MemoryCategory.Gradients);
        kernels.Fill(dy, 1);
        using RowSegments segments = RowSegments.Create(kernels, [3, 3, 3, 5]);

        kernels.ScatterAddRows(dy, segments, dTable);

        AssertValues(dTable, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 1, 1, 0, 0);
    }

    [TestMethod]
    public void Attention_weighs_the_values_of_its_own_sequence()
    {
        // Two sequences, head width 1: scores 0·k and 1·k. Sequence 0 has keys 0 and log 3.
        Tensor q = Matrix(2, 1, 0, 1), k = Matrix(3, 1, 0, MathF.Log(3), 5), v = Matrix(3, 1, 1, 5, 100);
        Tensor y = Empty(2, 1), logSumExp = Empty(2, 1);
        using AttentionPlan plan = kernels.PlanAttention([0, 2, 2], [0, 2, 3]);

        kernels.Attention(q, k, v, plan, 1, 1, Dropout.None, y, logSumExp);

        AssertWithin(1e-6, y, 3, 4);
        AssertWithin(1e-6, logSumExp, Math.Log(2), Math.Log(4));
    }

    [TestMethod]
    public void Attention_drops_by_key_place_and_query_head()
    {
        // Counter (0, 0, 0, 0) keeps keys 1 to 3 of the first row; keys have equal scores, so each weighs 1/4, kept 1/2.
        Tensor q = Matrix(1, 1, 0), k = Matrix(4, 1, 0, 0, 0, 0), v = Matrix(4, 1, 1, 10, 100, 1000);
        Tensor y = Empty(1, 1), logSumExp = Empty(1, 1);
        using AttentionPlan plan = kernels.PlanAttention([0, 1], [0, 4]);

        kernels.Attention(q, k, v, plan, 1, 1, new Dropout(0.5f, 0, 0, 0), y, logSumExp);

        AssertValues(y, 555);
        AssertValues(logSumExp, Math.Log(4));
    }

    [TestMethod]
    public void Causal_attention_counts_places_from_the_end()
    {
        // Equal scores: the mean of the values seen. Of three keys the two queries see two and three; of one key the two see none
        // and one.
        Tensor q = Matrix(4, 1, 0, 0, 0, 0), k = Matrix(4, 1, 1, 2, 3, 4), v = Matrix(4, 1, 2, 4, 9, 7), y = Empty(4, 1);
        Tensor logSumExp = Empty(4, 1), dq = Empty(4, 1), dk = Empty(4, 1), dv = Empty(4, 1);
        using AttentionPlan plan = kernels.PlanAttention([0, 2, 4], [0, 3, 4], causal: true);

        kernels.Attention(q, k, v, plan, 1, 1, Dropout.None, y, logSumExp);
        kernels.AttentionBackward(q, k, v, plan, 1, 1, Dropout.None, y, logSumExp, Matrix(4, 1, 6, 6, 6, 6), dq, dk, dv);

        AssertValues(y, 3, 5, 0, 7);
        AssertValues(dv, 5, 5, 2, 6);
    }

    [TestMethod]
    public void Neighbouring_query_heads_share_a_head_of_keys_and_values()
    {
        // One key: each query head gets its head's value.
        Tensor q = Row(1, 2, 3, 4), k = Row(5, 6), v = Row(7, 8), y = Empty(1, 4), logSumExp = Empty(1, 4);
        Tensor dq = Empty(1, 4), dk = Empty(1, 2), dv = Empty(1, 2);
        using AttentionPlan plan = kernels.PlanAttention([0, 1], [0, 1]);

        kernels.Attention(q, k, v, plan, 4, 2, Dropout.None, y, logSumExp);
        kernels.AttentionBackward(q, k, v, plan, 4, 2, Dropout.None, y, logSumExp, Row(1, 2, 3, 4), dq, dk, dv);

        AssertValues(y, 7, 7, 8, 8);
        AssertValues(logSumExp, 5, 10, 18, 24);
        AssertValues(dv, 3, 7);
        Assert.ThrowsExactly<ArgumentException>(() => kernels.Attention(q, k, v, plan, 4, 3, Dropout.None, y, logSumExp));
    }

    // huggingface/transformers#25311: a query that sees no key gives zeros and no NaN.
    [TestMethod]
    public void Attention_without_keys_gives_zeros_and_zero_gradients()
    {
        Tensor q = Matrix(2, 1, 1, 2), k = Matrix(1, 1, 3), v = Matrix(1, 1, 4), dy = Matrix(2, 1, 1, 1);
        Tensor y = Empty(2, 1), logSumExp = Empty(2, 1), dq = Empty(2, 1), dk = Empty(1, 1), dv = Empty(1, 1);
        using AttentionPlan plan = kernels.PlanAttention([0, 1, 2], [0, 0, 1]);

        kernels.Attention(q, k, v, plan, 1, 1, Dropout.None, y, logSumExp);
        kernels.AttentionBackward(q, k, v, plan, 1, 1, Dropout.None, y, logSumExp, dy, dq, dk, dv);

        AssertValues(y, 0, 4);
        AssertValues(dq, 0, 0);
        AssertValues(dk, 0);
        AssertValues(dv, 1);
    }

    [TestMethod]
    public void Keys_without_queries_get_zero_gradients()
    {
        Tensor q = Matrix(1, 1, 1), k = Matrix(2, 1, 3, 5), v = Matrix(2, 1, 4, 6), dy = Matrix(1, 1, 1);
        Tensor y = Empty(1, 1), logSumExp = Empty(1, 1), dq = Empty(1, 1), dk = Empty(2, 1), dv = Empty(2, 1);
        using AttentionPlan plan = kernels.PlanAttention([0, 1, 1], [0, 1, 2]);

        kernels.Attention(q, k, v, plan, 1, 1, Dropout.None, y, logSumExp);
        kernels.AttentionBackward(q, k, v, plan, 1, 1, Dropout.None, y, logSumExp, dy, dq, dk, dv);

        AssertValues(dk, 0, 0);
        AssertValues(dv, 1, 0);
    }
}
