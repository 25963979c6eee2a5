using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

/// <summary>Values computed by hand, or stated by a source, for every op.</summary>
[TestClass]
public sealed partial class ReferenceKernelsTests : IDisposable
{
    private readonly ReferenceKernels kernels = new();

    public void Dispose() => kernels.Dispose();

    private Tensor Matrix(int rows, int columns, params float[] values) =>
        kernels.FromArray(new Shape(rows, columns), values);

    private Tensor Row(params float[] values) => Matrix(1, values.Length, values);

    private Tensor Ids(params uint[] values) => kernels.FromArray(values);

    private Tensor Empty(int rows, int columns) => kernels.Allocate(new Shape(rows, columns), MemoryCategory.Scratch);

    private void AssertValues(Tensor actual, params double[] expected) => AssertWithin(1e-12, actual, expected);

    private void AssertWithin(double tolerance, Tensor actual, params double[] expected)
    {
        double[] values = kernels.Values(actual).ToArray();
        Assert.HasCount(expected.Length, values);
        for (int i = 0; i < expected.Length; i++)
        {
            if (double.IsFinite(expected[i]))
            {
                Assert.AreEqual(expected[i], values[i], tolerance * Math.Max(1, Math.Abs(expected[i])), $"element {i}");
            }
            else
            {
                Assert.AreEqual(expected[i], values[i], $"element {i}");
            }
        }
    }
}
