using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

public sealed partial class ReferenceKernelsTests
{
    [TestMethod]
    public void Memory_counts_four_bytes_an_element_and_keeps_the_peak()
    {
        Tensor weights = kernels.Allocate(new Shape(3, 5), MemoryCategory.Weights);
        Tensor scratch = kernels.Allocate(new Shape(1, 2), DType.UInt32, MemoryCategory.Scratch);
        scratch.Dispose();
        scratch.Dispose();

        Assert.AreEqual(60, kernels.CurrentMemory.Total);
        Assert.AreEqual(60, kernels.CurrentMemory[MemoryCategory.Weights]);
        Assert.AreEqual(68, kernels.PeakMemory.Total);
        Assert.AreEqual(8, kernels.PeakMemory[MemoryCategory.Scratch]);
        kernels.ResetPeakMemory();
        Assert.AreEqual(60, kernels.PeakMemory.Total);
        weights.Dispose();
        Assert.AreEqual(0, kernels.CurrentMemory.Total);
    }

    [TestMethod]
    public void Fresh_float_tensors_hold_NaN() => Assert.IsTrue(kernels.ToArray(Empty(2, 3)).All(float.IsNaN));

    [TestMethod]
    public void A_disposed_tensor_is_refused()
    {
        Tensor x = Row(1, 2), y = Empty(1, 2);
        x.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => kernels.Gelu(x, y));
    }

    [TestMethod]
    public void Disposed_kernels_refuse_work()
    {
        Tensor x = Row(1, 2);
        kernels.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => kernels.Fill(x, 0));
        Assert.ThrowsExactly<ObjectDisposedException>(() => Empty(1, 1));
    }

    [TestMethod]
    public void A_tensor_of_other_kernels_is_refused()
    {
        using var others = new ReferenceKernels();
        Tensor x = others.FromArray(Shape.Vector(1), [1]);

        Assert.ThrowsExactly<ArgumentException>(() => kernels.Fill(x, 0));
    }

    [TestMethod]
    public void Wrong_shapes_and_types_are_refused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => kernels.Gelu(Row(1, 2), Empty(2, 1)));
        Assert.ThrowsExactly<ArgumentException>(() => kernels.Gelu(Ids(1, 2), Empty(1, 2)));
        Assert.ThrowsExactly<ArgumentException>(() => kernels.Upload([1f, 2f], Empty(1, 3)));
        Assert.ThrowsExactly<ArgumentException>(() => kernels.Matmul(Row(1), true, Row(1), true, null, Empty(1, 1)));
    }

    [TestMethod]
    public void Copy_takes_both_element_types()
    {
        Tensor floats = Empty(1, 2), integers = Ids(0, 0);

        kernels.Copy(Row(1.5f, -2), floats);
        kernels.Copy(Ids(7, uint.MaxValue), integers);

        AssertValues(floats, 1.5, -2);
        CollectionAssert.AreEqual(new[] { 7u, uint.MaxValue }, kernels.ToIndexArray(integers));
    }
}
