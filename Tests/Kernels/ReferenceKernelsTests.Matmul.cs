using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

public sealed partial class ReferenceKernelsTests
{
    [TestMethod]
    public void Matmul_in_its_three_forms()
    {
        // [1 2 3; 4 5 6] [1 0; 2 1; 0 3] = [5 11; 14 23]
        Tensor a = Matrix(2, 3, 1, 2, 3, 4, 5, 6), aTransposed = Matrix(3, 2, 1, 4, 2, 5, 3, 6);
        Tensor b = Matrix(3, 2, 1, 0, 2, 1, 0, 3), bTransposed = Matrix(2, 3, 1, 2, 0, 0, 1, 3);
        Tensor c = Empty(2, 2);

        kernels.Matmul(a, false, b, false, null, c);
        AssertValues(c, 5, 11, 14, 23);
        kernels.Matmul(aTransposed, true, b, false, Row(10, 20), c);
        AssertValues(c, 15, 31, 24, 43);
        kernels.Matmul(a, false, bTransposed, true, Row(1, 2), c, accumulate: true);
        AssertValues(c, 21, 44, 39, 68);
    }

    [TestMethod]
    public void Matmul_takes_an_epilogues_tensor_that_is_like_c_and_none_of_its_own()
    {
        Tensor a = Matrix(2, 2, 1, 2, 3, 4), b = Matrix(2, 2, 1, 0, 2, 1), c = Empty(2, 2);
        foreach (Tensor beside in new[] { a, b, c, Empty(2, 1), Empty(4, 1) })
        {
            Assert.ThrowsExactly<ArgumentException>(() => kernels.Matmul(a, false, b, false, null, c, epilogue: Epilogue.Gelu(beside)));
            Assert.ThrowsExactly<ArgumentException>(() => kernels.Matmul(a, false, b, false, null, c, epilogue: Epilogue.GeluBackward(beside)));
        }
    }

    [TestMethod]
    public void Matmul_with_a_gelu_behind_it()
    {
        // [1 2; 3 4] [1 0; 0 1] + [0 -2] = [1 0; 3 2]; Φ(1) = 0.841345, Φ(2) = 0.977250, Φ(3) = 0.998650.
        Tensor a = Matrix(2, 2, 1, 2, 3, 4), unit = Matrix(2, 2, 1, 0, 0, 1), c = Empty(2, 2), y = Empty(2, 2);

        kernels.Matmul(a, false, unit, false, Row(0, -2), c, epilogue: Epilogue.Gelu(y));
        AssertValues(c, 1, 0, 3, 2);
        AssertValues(y, 0.841344746068543, 0, 2.99595030590511, 1.95449973610364);

        // The derivative at 0 is a half; c is added to before it is multiplied.
        kernels.Matmul(a, false, unit, true, null, c, accumulate: true, Epilogue.GeluBackward(Matrix(2, 2, 0, 0, 0, 0)));
        AssertValues(c, 1, 1, 3, 3);
    }

    [TestMethod]
    public void AccumulateGram_fills_the_upper_triangle()
    {
        // g = [1 2 3; 4 5 6]: g gᵀ = [14 32; . 77], gᵀ g = [17 22 27; . 29 36; . . 45].
        Tensor g = Matrix(2, 3, 1, 2, 3, 4, 5, 6);
        Tensor left = Matrix(2, 2, 1, 1, 1, 1), right = Matrix(3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1);

        kernels.AccumulateGram(g, false, left);
        kernels.AccumulateGram(g, true, right);

        AssertValues(left, 15, 33, double.NaN, 78);
        AssertValues(right, 17, 22, 27, double.NaN, 29, 36, double.NaN, double.NaN, 46);
    }

    [TestMethod]
    public void ColumnSum_sums_a_or_the_product()
    {
        Tensor a = Matrix(2, 2, 1, 2, 3, 4), total = Empty(1, 2);

        kernels.ColumnSum(a, null, total);
        AssertValues(total, 4, 6);
        kernels.ColumnSum(a, Matrix(2, 2, 1, 0, -1, 2), total, accumulate: true);
        AssertValues(total, 2, 14);
    }
}
