using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

/// <summary>Field case 58: an embedding gradient by float atomics, whose sum depends on the order.</summary>
[TestClass]
public sealed class RepeatedIdsTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Repeated_ids_add_up_in_a_fixed_order(bool onDevice)
    {
        const int places = 10_000, columns = 3;
        using var reference = new ReferenceKernels();
        IKernels kernels = onDevice ? TestDevice.Kernels : reference;
        float[] dy = [.. Enumerable.Range(0, places * columns).Select(i => 1e-3f * (i / columns + 1) * (i % columns + 1))];

        float[] first = Scatter(kernels, dy, places, columns);
        float[] second = Scatter(kernels, dy, places, columns);

        CollectionAssert.AreEqual(first, second);
        for (int i = 0; i < first.Length; i++)
        {
            double sum = i / columns == 1 ? Enumerable.Range(0, places).Sum(place => (double)dy[place * columns + i % columns]) : 0;
            Assert.AreEqual(sum, first[i], 1e-5 * sum, $"element {i}");
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Each_id_gets_its_own_sum(bool onDevice)
    {
        using var reference = new ReferenceKernels();
        IKernels kernels = onDevice ? TestDevice.Kernels : reference;
        using Tensor dy = kernels.FromArray(new Shape(4, 2), [1, 1, 1, 1, 1, 1, 1, 1]);
        using Tensor table = kernels.Zeros(new Shape(6, 2), MemoryCategory.Gradients);
        using RowSegments segments = RowSegments.Create(kernels, [3, 3, 3, 5]);

        kernels.ScatterAddRows(dy, segments, table);

        CollectionAssert.AreEqual(new float[] { 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 1, 1 }, kernels.ToArray(table));
    }

    private static float[] Scatter(IKernels kernels, float[] values, int places, int columns)
    {
        var ids = new uint[places];
        Array.Fill(ids, 1u);
        using Tensor dy = kernels.FromArray(new Shape(places, columns), values);
        using Tensor table = kernels.Zeros(new Shape(3, columns), MemoryCategory.Gradients);
        using RowSegments segments = RowSegments.Create(kernels, ids);
        kernels.ScatterAddRows(dy, segments, table);
        return kernels.ToArray(table);
    }
}
