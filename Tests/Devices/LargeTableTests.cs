using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Devices;

/// <summary>A table larger than the device lets bind at once. Field case 49: RoBERTa's word embeddings on lavapipe.</summary>
[TestClass]
public sealed class LargeTableTests
{
    private const int Rows = 50_265;
    private const int Columns = 768;

    /// <summary>The first, the one that straddles the limit, the one behind it, the last.</summary>
    private static readonly uint[] Chosen = [0, 43_690, 43_691, 50_264];

    [TestMethod]
    public void Lookup_gradient_and_update_reach_every_row()
    {
        IKernels kernels = TestDevice.Kernels;
        var shape = new Shape(Rows, Columns);
        var values = new float[Rows * Columns];
        for (int row = 0; row < Rows; row++)
        {
            values.AsSpan(row * Columns, Columns).Fill(row);
        }

        using Tensor table = kernels.FromArray(shape, values);
        using Tensor ids = kernels.FromArray(Chosen);
        Check(table, row => row);

        using RowSegments segments = RowSegments.Create(kernels, Chosen);
        using Tensor gradient = kernels.Zeros(shape, MemoryCategory.Gradients);
        using Tensor dy = kernels.FromArray(new Shape(4, Columns), [.. Enumerable.Range(0, 4 * Columns).Select(i => 1f + i / Columns)]);
        kernels.ScatterAddRows(dy, segments, gradient);
        Check(gradient, row => 1f + Array.IndexOf(Chosen, row));
        using Tensor partials = kernels.Zeros(Shape.Vector(IKernels.NormPartials), MemoryCategory.Scratch);
        kernels.SquaredNorm(gradient, partials, 0);
        Assert.AreEqual(30.0 * Columns, kernels.ToArray(partials).Sum(), 1e-2);

        using Tensor moment1 = kernels.Zeros(shape, MemoryCategory.Optimizer);
        using Tensor moment2 = kernels.Zeros(shape, MemoryCategory.Optimizer);
        using Tensor clip = kernels.FromArray(Shape.Vector(2), [1, 1]);
        kernels.AdamW(table, gradient, moment1, moment2, clip, new AdamParameters(0.25, 0.9, 0.999, 1e-8, 0, 1));

        // Adam's first step is the learning rate, whatever the gradient's size; rows without a gradient stay.
        Check(table, row => row - 0.25f);
        using Tensor others = kernels.FromArray([1u, 43_689, 43_692]);
        using Tensor kept = kernels.Allocate(new Shape(3, Columns), MemoryCategory.Scratch);
        kernels.GatherRows(table, others, kept);
        float[] rows = kernels.ToArray(kept);
        Assert.IsTrue(rows.Select((value, i) => value == new[] { 1, 43_689, 43_692 }[i / Columns]).All(equal => equal));

        void Check(Tensor tensor, Func<uint, float> expected)
        {
            using Tensor y = kernels.Allocate(new Shape(Chosen.Length, Columns), MemoryCategory.Scratch);
            kernels.GatherRows(tensor, ids, y);
            float[] actual = kernels.ToArray(y);
            for (int i = 0; i < actual.Length; i++)
            {
                Assert.AreEqual(expected(Chosen[i / Columns]), actual[i], 1e-2f, $"row {Chosen[i / Columns]}");
            }
        }
    }
}
