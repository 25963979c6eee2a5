using VkSparseGrad.Autograd;
using VkSparseGrad.Conformance;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Autograd;

/// <summary>An activation that only a weight's gradient reads again is computed again for it, and not kept.</summary>
[TestClass]
public sealed class RecomputedValueTests
{
    private const int Rows = 9, Inner = 20, Outer = 7;

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public void It_takes_no_memory_and_changes_no_bit(bool onDevice, bool gated)
    {
        IKernels kernels = TestDevice.Choose(onDevice);

        (long kept, float[] expected) = Run(kernels, gated, releases: false);
        (long released, float[] actual) = Run(kernels, gated, releases: true);

        Assert.IsGreaterThanOrEqualTo(Rows * Inner * sizeof(float), kept - released);
        CollectionAssert.AreEqual(expected, actual);
        Assert.IsTrue(actual.Any(value => value != 0));
    }

    /// <returns>Bytes between the passes, and all gradients.</returns>
    private static (long Bytes, float[] Gradients) Run(IKernels kernels, bool gated, bool releases)
    {
        using var run = new CaseRun(kernels, new RandomValues(3));
        using Tape tape = Tape.ForTraining(kernels, 0, 0);
        var gate = new Variable(run.Normal(Rows, Inner), needsGradient: true);
        var up = new Variable(run.Normal(Rows, Inner), needsGradient: true);
        using var weight = new Parameter("weight", kernels.FromArray(new Shape(Outer, Inner), new RandomValues(4).Normal(Outer * Inner)), isVector: false)
        {
            IsTrainable = true,
        };
        Variable activated = gated ? tape.SwiGlu(gate, up) : tape.Gelu(gate);
        Variable y = tape.Linear(activated, weight, null);
        if (releases)
        {
            tape.Release(activated);
        }

        long bytes = kernels.CurrentMemory.Total;
        y.Gradient = run.Normal(Rows, Outer);
        tape.Backward();
        return (bytes, [.. kernels.ToArray(weight.Gradient!), .. kernels.ToArray(gate.Gradient!), .. gated ? kernels.ToArray(up.Gradient!) : []]);
    }
}
