using VkSparseGrad.Conformance;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.SparseGrad;

/// <summary>A half-rotated weight is rotated back when it is saved: that must lose nothing.</summary>
[TestClass]
public sealed class RotateBackTests
{
    private const double Tolerance = 1e-6;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_trained_models_weights_come_back(bool onDevice)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        using BertClassifier model = TinyBert.Load(kernels);
        TrainingOptions options = TinyBert.Options(TrainingMethod.SparseGrad) with { LearningRate = 1e-2, Selection = Selection.EveryStep };
        using var trainer = new Trainer(model, TinyBert.Examples(20), options);
        trainer.Run();
        SparseGradLinear[] layers = [.. model.SparseGradLayers];
        Assert.HasCount(6, layers);
        foreach (SparseGradWeight weight in layers.Select(layer => layer.Weight))
        {
            Assert.IsTrue(weight.IsRotated);
            using Tensor dense = weight.ToDense(kernels);
            using Tensor again = SparseGradWeight.Rotate(kernels, dense, weight.Basis, MemoryCategory.Scratch);
            AssertClose(kernels.ToArray(weight.Value), kernels.ToArray(again));
        }
    }

    /// <summary>The shape of all-MiniLM-L6-v2's MLP, up and down, with orthogonal bases as the preliminary phase makes them.</summary>
    [TestMethod]
    [DataRow(1536, 384)]
    [DataRow(384, 1536)]
    public void A_weight_of_a_real_layers_size_comes_back(int outputs, int inputs)
    {
        IKernels kernels = TestDevice.Kernels;
        using SparseGradBasis basis = SparseGradBasis.Create(kernels, outputs, inputs, RandomBasis.Orthogonal(outputs), RandomBasis.Orthogonal(inputs));
        var random = new RandomValues(3);
        float[] values = new float[outputs * inputs];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(0.04 * random.NextNormal());
        using Tensor dense = kernels.FromArray(new Shape(outputs, inputs), values);
        using var weight = new SparseGradWeight(kernels, "weight", dense, basis, kept: 1, Selection.EveryStep);
        using Tensor back = weight.ToDense(kernels);
        using Tensor again = SparseGradWeight.Rotate(kernels, back, basis, MemoryCategory.Scratch);
        AssertClose(kernels.ToArray(weight.Value), kernels.ToArray(again));
        AssertCloseInNorm(values, kernels.ToArray(back));

        // And on the large side, as the adapter's coefficients are.
        using Tensor coefficients = kernels.Zeros(weight.Value.Shape, MemoryCategory.Scratch);
        kernels.Matmul(weight.Value, false, basis.Large, true, null, coefficients);
        using Tensor half = kernels.Zeros(weight.Value.Shape, MemoryCategory.Scratch);
        kernels.Matmul(coefficients, false, basis.Large, false, null, half);
        AssertCloseInNorm(kernels.ToArray(weight.Value), kernels.ToArray(half));
    }

    private static void AssertClose(float[] expected, float[] actual) =>
        Assert.IsLessThan(Tolerance, Closeness.RelativeError(actual, Array.ConvertAll(expected, value => (double)value)));

    /// <summary>Sums of 1,536 products in 32 bits, twice: of 589,824 elements the worst is off by 2e-6 of the largest, so the
    /// norm of the difference is compared.</summary>
    private static void AssertCloseInNorm(float[] expected, float[] actual)
    {
        double difference = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow(actual[i] - (double)expected[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        Assert.IsLessThan(Tolerance, Math.Sqrt(difference / norm));
    }
}
