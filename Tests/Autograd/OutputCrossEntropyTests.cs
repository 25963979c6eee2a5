using VkSparseGrad.Autograd;
using VkSparseGrad.Conformance;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Models;

namespace VkSparseGrad.Tests.Autograd;

/// <summary>The loss of so many rows that not all of their logits may be there at once.</summary>
[TestClass]
public sealed class OutputCrossEntropyTests
{
    private const int Rows = 150;
    private const int Width = 4;
    private const int Vocabulary = 1 << 16;

    /// <summary>64 rows, 64 rows and 22 are all 150 at once, in less memory.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Some_rows_at_a_time_give_what_all_at_once_do(bool onDevice)
    {
        uint[] labels = [.. Enumerable.Range(0, Rows).Select(row => (uint)(row * 7919 % Vocabulary))];
        (labels[3], labels[149]) = (Vocabulary - 1, labels[0]);
        Computed sliced = Compute(onDevice, (_, tape, hidden, weight) => tape.OutputCrossEntropy(hidden, weight, labels, 180));
        Computed whole = Compute(onDevice, (kernels, tape, hidden, weight) =>
        {
            Variable logits = tape.Linear(hidden, weight, null);
            using Tensor expected = kernels.FromArray(labels);
            return tape.CrossEntropy(logits, expected, 180);
        });

        Assert.AreEqual(whole.Loss, sliced.Loss, 1e-5 * whole.Loss);
        AssertNear(whole.HiddenGradient, sliced.HiddenGradient);
        AssertNear(whole.WeightGradient, sliced.WeightGradient);
        Assert.IsLessThan(0.6 * whole.Activations, sliced.Activations);
    }

    private static Computed Compute(bool onDevice, Func<IKernels, Tape, Variable, Parameter, Tensor> loss)
    {
        using IKernels kernels = onDevice ? new VulkanKernels(TestDevice.Device) : new ReferenceKernels();
        var random = new RandomValues(5);
        using var weight = new Parameter(
            "words", kernels.FromArray(new Shape(Vocabulary, Width), random.Normal((long)Vocabulary * Width)), isVector: false) { IsTrainable = true };
        var hidden = new Variable(kernels.FromArray(new Shape(Rows, Width), random.Normal(Rows * Width)), true);
        using Tape tape = Tape.ForTraining(kernels, 0, 0);
        Tensor result = loss(kernels, tape, hidden, weight);
        tape.Backward();
        return new Computed(
            kernels.ToArray(result)[0], kernels.ToArray(hidden.Gradient!), kernels.ToArray(weight.Gradient!), kernels.PeakMemory[MemoryCategory.Activations]);
    }

    private static void AssertNear(float[] expected, float[] actual) =>
        Assert.IsLessThan(2e-5, Closeness.RelativeError(actual, Array.ConvertAll(expected, value => (double)value)));

    private sealed record Computed(float Loss, float[] HiddenGradient, float[] WeightGradient, long Activations);
}
