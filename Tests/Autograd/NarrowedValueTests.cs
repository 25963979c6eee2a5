using VkSparseGrad.Autograd;
using VkSparseGrad.Conformance;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Autograd;

/// <summary>Values that wait for the backward pass in 16 bits.</summary>
[TestClass]
public sealed class NarrowedValueTests
{
    private const int Rows = 129, Outer = 5;

    [TestMethod]
    [DataRow(false, 8)]
    [DataRow(true, 8)]
    [DataRow(false, 7)]
    [DataRow(true, 7)]
    public void What_16_bits_can_hold_comes_back_to_the_bit_from_half_the_memory(bool onDevice, int columns)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        float[] values = Array.ConvertAll(new RandomValues(3).Normal(Rows * columns), value => (float)(Half)value);

        (long kept, float[] expected) = Run(kernels, values, narrows: false);
        (long narrowed, float[] actual) = Run(kernels, values, narrows: true);

        // A device rounds up to some 256 bytes.
        Assert.AreEqual(Rows * columns * sizeof(float) / 2, kept - narrowed, 256);
        CollectionAssert.AreEqual(expected, actual);
        Assert.IsTrue(actual.All(value => value != 0));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void What_they_cannot_hold_is_rounded_and_what_is_too_large_shows(bool onDevice)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        float[] values = [.. Enumerable.Repeat(1f, Rows * 2)];
        values[0] = 1 + 1f / 4096;
        float[] rounded = Run(kernels, values, narrows: true).Gradient;
        values[0] = 70_000;
        float[] tooLarge = Run(kernels, values, narrows: true).Gradient;

        CollectionAssert.AreEqual(Run(kernels, [.. Enumerable.Repeat(1f, Rows * 2)], narrows: false).Gradient, rounded);
        Assert.IsTrue(Enumerable.Range(0, Outer).All(row => float.IsInfinity(tooLarge[2 * row]) && float.IsFinite(tooLarge[2 * row + 1])));
    }

    /// <returns>Bytes between the passes, and the gradient of a weight behind the values.</returns>
    private static (long Bytes, float[] Gradient) Run(IKernels kernels, float[] values, bool narrows)
    {
        int columns = values.Length / Rows;
        using var run = new CaseRun(kernels, new RandomValues(4));
        using Tape tape = Tape.ForTraining(kernels, 0, 0, narrows: narrows);
        var given = new Variable(run.Matrix(Rows, columns, values), needsGradient: true);
        var zero = new Variable(run.Zeros(Rows, columns), needsGradient: false);
        using var weight = new Parameter("weight", kernels.FromArray(new Shape(Outer, columns), run.Generator.Normal(Outer * columns)), isVector: false)
        {
            IsTrainable = true,
        };
        Variable x = tape.Add(given, zero);
        Variable y = tape.Linear(x, weight, null);
        tape.Release(x);
        long bytes = kernels.CurrentMemory.Total;
        y.Gradient = run.Matrix(Rows, Outer, [.. run.Generator.Normal(Rows * Outer).Select(Math.Abs)]);
        tape.Backward();
        return (bytes, kernels.ToArray(weight.Gradient!));
    }
}
