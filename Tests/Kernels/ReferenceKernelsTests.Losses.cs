using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

public sealed partial class ReferenceKernelsTests
{
    [TestMethod]
    public void CrossEntropy_of_two_rows()
    {
        // Probabilities (1/4, 3/4) and (1/2, 1/2).
        Tensor logits = Matrix(2, 2, 0, MathF.Log(3), 1, 1), loss = Empty(1, 1), gradient = Empty(2, 2);

        kernels.CrossEntropy(logits, Ids(1, 0), 2, loss, gradient);

        AssertWithin(1e-6, loss, (Math.Log(4.0 / 3) + Math.Log(2)) / 2);
        AssertWithin(1e-6, gradient, 0.125, -0.125, -0.25, 0.25);
    }

    [TestMethod]
    public void CrossEntropy_survives_large_logits()
    {
        Tensor logits = Matrix(2, 2, 1e4f, -1e4f, 1e4f, -1e4f), loss = Empty(1, 1), gradient = Empty(2, 2);

        kernels.CrossEntropy(logits, Ids(0, 1), 2, loss, gradient);

        AssertValues(loss, 1e4);
        AssertValues(gradient, 0, 0, 0.5, -0.5);
    }

    [TestMethod]
    public void MeanSquaredError_means_over_all_elements()
    {
        Tensor loss = Empty(1, 1), gradient = Empty(2, 2);

        kernels.MeanSquaredError(Matrix(2, 2, 1, 2, 3, 4), Matrix(2, 2, 0, 2, 5, 4), 2, loss, gradient);

        AssertValues(loss, 5.0 / 4);
        AssertValues(gradient, 0.5, 0, -1, 0);
    }
}
