using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Devices;

/// <summary>More workgroups than a dimension holds (field case 50), and more loop trips than a software driver makes.</summary>
[TestClass]
public sealed class DispatchLimitTests
{
    private static IKernels Kernels => TestDevice.Kernels;

    [TestMethod]
    [DataRow(16_776_961)]
    [DataRow(33_554_433)]
    public void Add_folds_its_workgroups(int length)
    {
        using Tensor ones = Kernels.Allocate(Shape.Vector(length), MemoryCategory.Scratch);
        using Tensor sum = Kernels.Allocate(Shape.Vector(length), MemoryCategory.Scratch);
        Kernels.Fill(ones, 1);
        Kernels.Fill(sum, 2);

        Kernels.Add(ones, sum);

        Assert.IsFalse(Kernels.ToArray(sum).AsSpan().ContainsAnyExcept(3f));
    }

    [TestMethod]
    public void A_tall_product_folds_its_tiles()
    {
        const int rows = 70_000;
        float[] values = [.. Enumerable.Range(0, rows * 8).Select(i => i / 8 % 1000 + i % 8)];
        using Tensor a = Kernels.FromArray(new Shape(rows, 8), values);
        using Tensor b = Kernels.FromArray(new Shape(8, 1), [1, 1, 1, 1, 1, 1, 1, 1]);
        using Tensor c = Kernels.Allocate(new Shape(rows, 1), MemoryCategory.Scratch);

        Kernels.Matmul(a, false, b, false, null, c);

        float[] actual = Kernels.ToArray(c);
        Assert.IsTrue(actual.Select((value, row) => value == 8 * (row % 1000) + 28).All(equal => equal));
    }

    [TestMethod]
    public void Attention_folds_its_blocks()
    {
        // A query that sees one key alone gets that key's value.
        const int sequences = 70_000;
        int[] offsets = [.. Enumerable.Range(0, sequences + 1)];
        using AttentionPlan plan = Kernels.PlanAttention(offsets, offsets);
        var shape = new Shape(sequences, 4);
        float[] values = [.. Enumerable.Range(0, sequences * 4).Select(i => (float)(i % 9973))];
        using Tensor q = Kernels.Zeros(shape, MemoryCategory.Scratch);
        using Tensor v = Kernels.FromArray(shape, values);
        using Tensor y = Kernels.Zeros(shape, MemoryCategory.Scratch);
        using Tensor logSumExp = Kernels.Zeros(new Shape(sequences, 2), MemoryCategory.Scratch);
        using Tensor dq = Kernels.Zeros(shape, MemoryCategory.Scratch), dk = Kernels.Zeros(shape, MemoryCategory.Scratch);
        using Tensor dv = Kernels.Zeros(shape, MemoryCategory.Scratch);

        Kernels.Attention(q, q, v, plan, 2, 2, Dropout.None, y, logSumExp);
        Kernels.AttentionBackward(q, q, v, plan, 2, 2, Dropout.None, y, logSumExp, v, dq, dk, dv);

        Assert.IsTrue(Kernels.ToArray(y).AsSpan().SequenceEqual(values));
        Assert.IsTrue(Kernels.ToArray(dv).AsSpan().SequenceEqual(values));
    }

    [TestMethod]
    public void As_many_loop_trips_as_are_allowed_give_the_right_sum()
    {
        float[] sum = ScatterIntoOneRow(32_768);

        Assert.AreEqual(32_768f, sum[0]);
    }

    [TestMethod]
    public void More_loop_trips_are_refused()
    {
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => ScatterIntoOneRow(32_769));

        Assert.Contains("scatter_add_rows would loop 32769 times", error.Message);
    }

    private static float[] ScatterIntoOneRow(int places)
    {
        using Tensor dy = Kernels.Allocate(new Shape(places, 1), MemoryCategory.Scratch);
        Kernels.Fill(dy, 1);
        using RowSegments segments = RowSegments.Create(Kernels, new uint[places]);
        using Tensor table = Kernels.Zeros(new Shape(1, 1), MemoryCategory.Scratch);
        Kernels.ScatterAddRows(dy, segments, table);
        return Kernels.ToArray(table);
    }
}
