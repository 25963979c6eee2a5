using VkSparseGrad.Conformance;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Kernels;

/// <summary>Every gradient of the reference against central differences of its forward op, in double precision.</summary>
[TestClass]
public sealed partial class FiniteDifferenceTests : IDisposable
{
    private static readonly Dropout Half = new(0.5f, Seed: 11, Step: 2, Stream: 5);
    private readonly ReferenceKernels kernels = new();
    private readonly RandomValues random = new(1);

    public void Dispose() => kernels.Dispose();

    private Tensor Random(int rows, int columns) => kernels.FromArray(new Shape(rows, columns), random.Normal(rows * columns));

    private Tensor Empty(int rows, int columns) => kernels.Allocate(new Shape(rows, columns), MemoryCategory.Scratch);

    /// <summary>Compares gradients of the scalar Σ dy ∘ y with its differences as each element of each input moves.</summary>
    /// <remarks>With values near 1 the differences err by about step² = 1e-10 (their third derivative) and 1e-16 / step = 1e-11
    /// (rounding).</remarks>
    private void Check(Action forward, Tensor y, Tensor dy, params (Tensor Input, Tensor Gradient)[] pairs)
    {
        const double step = 1e-5, limit = 1e-7;
        for (int pair = 0; pair < pairs.Length; pair++)
        {
            double[] original = kernels.Values(pairs[pair].Input).ToArray();
            double[] gradient = kernels.Values(pairs[pair].Gradient).ToArray();
            double scale = gradient.Max(Math.Abs);
            Assert.IsGreaterThan(0, scale, "The gradient is zero, so the check would be empty.");
            for (int i = 0; i < original.Length; i++)
            {
                double difference = (LossAt(original[i] + step) - LossAt(original[i] - step)) / (2 * step);
                Assert.AreEqual(difference, gradient[i], limit * scale, $"input {pair}, element {i}");

                double LossAt(double value)
                {
                    double[] moved = [.. original];
                    moved[i] = value;
                    kernels.SetValues(pairs[pair].Input, moved);
                    forward();
                    return kernels.Values(y).ToArray().Zip(kernels.Values(dy).ToArray(), (a, b) => a * b).Sum();
                }
            }

            kernels.SetValues(pairs[pair].Input, original);
        }
    }
}
