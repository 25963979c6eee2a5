using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

public sealed partial class ReferenceKernelsTests
{
    [TestMethod]
    [DataRow(1, new[] { 3u }, DisplayName = "k = 1: the first of the ties")]
    [DataRow(3, new[] { 1u, 3u, 4u }, DisplayName = "k = 3: by magnitude")]
    [DataRow(4, new[] { 0u, 1u, 3u, 4u }, DisplayName = "k = 4: the first of the smaller ties")]
    [DataRow(6, new[] { 0u, 1u, 2u, 3u, 4u, 5u }, DisplayName = "k = n")]
    public void TopK_keeps_the_largest_magnitudes(int k, uint[] expected)
    {
        float[] c = [1, -2, -0f, 5, -5, -1];
        Tensor indices = kernels.Allocate(Shape.Vector(k), DType.UInt32, MemoryCategory.Scratch), values = Empty(1, k);

        kernels.TopK([new(Matrix(2, 3, c), indices, values)]);

        CollectionAssert.AreEqual(expected, kernels.ToIndexArray(indices));
        AssertValues(values, [.. expected.Select(i => (double)c[i])]);
    }

    [TestMethod]
    public void SparseScatter_adds_scaled_basis_rows()
    {
        // Places (0, 2) and (1, 0) of a 2 x 3 coefficient matrix.
        Tensor basis = Matrix(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9), weight = Matrix(2, 3, 1, 1, 1, 0, 0, 0);

        kernels.SparseScatter(Ids(2, 3), Row(10, -1), basis, starts: Ids(0, 0, 0), weight);

        AssertValues(weight, 71, 81, 91, -1, -2, -3);
    }
}
