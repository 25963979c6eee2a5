using VkSparseGrad.Conformance;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Optimizers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Kernels;

namespace VkSparseGrad.Tests.Training;

/// <summary>One update, on both implementations.</summary>
[TestClass]
public sealed class OptimizerTests : IDisposable
{
    private readonly ReferenceKernels reference = new();
    private readonly List<IDisposable> owned = [];

    public void Dispose()
    {
        owned.ForEach(resource => resource.Dispose());
        reference.Dispose();
    }

    /// <summary>Field case 65: weight decay that hits biases and norms.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Only_matrices_decay(bool onDevice)
    {
        IKernels kernels = Kernels(onDevice);
        float[] values = new RandomValues(1).Normal(35);
        Parameter matrix = Make(kernels, new Shape(5, 7), values), vector = Make(kernels, Shape.Vector(35), values);
        SetGradient(kernels, matrix, new float[35]);
        SetGradient(kernels, vector, new float[35]);

        Step(kernels, [matrix, vector], [], new OptimizerOptions { WeightDecay = 0.5 }, learningRate: 0.1);

        float[] decayed = kernels.ToArray(matrix.Value);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.AreEqual(0.95f * values[i], decayed[i], 1e-6f * Math.Abs(values[i]));
        }

        CollectionAssert.AreEqual(values, kernels.ToArray(vector.Value));
    }

    /// <summary>A word that no text holds keeps its bits, whatever its neighbours do.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_row_without_gradient_stays(bool onDevice)
    {
        IKernels kernels = Kernels(onDevice);
        float[] values = new RandomValues(1).Normal(3 * 8);
        Parameter table = Make(kernels, new Shape(3, 8), values);
        float[] gradient = new float[24];
        gradient.AsSpan(8, 8).Fill(1);
        SetGradient(kernels, table, gradient);

        Step(kernels, [table], [], new OptimizerOptions());

        float[] updated = kernels.ToArray(table.Value);
        CollectionAssert.AreEqual(values[..8], updated[..8]);
        CollectionAssert.AreEqual(values[16..], updated[16..]);
        Assert.IsTrue(values[8..16].Zip(updated[8..16]).All(pair => pair.First > pair.Second));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void One_norm_clips_everything_together(bool onDevice)
    {
        // With betas of 0 a step moves a value by rate · g / (|g| + epsilon): a large epsilon shows the clipped gradient.
        IKernels kernels = Kernels(onDevice);
        Parameter first = Make(kernels, Shape.Vector(1), [0]), second = Make(kernels, Shape.Vector(2), [0, 0]);
        SetGradient(kernels, first, [3]);
        SetGradient(kernels, second, [4, 12]);
        const double epsilon = 1e6;

        float[] clip = Step(
            kernels, [first, second], [], new OptimizerOptions { Beta1 = 0, Beta2 = 0, Epsilon = epsilon, MaxGradientNorm = 6.5 },
            learningRate: epsilon);

        Assert.AreEqual(13f, clip[1], 1e-5f);
        Assert.AreEqual(0.5f, clip[0], 1e-5f);
        Assert.AreEqual(-1.5f, kernels.ToArray(first.Value)[0], 1e-4f);
        Assert.AreEqual(-6f, kernels.ToArray(second.Value)[1], 1e-4f);
    }

    /// <summary>A parameter that the loss of this step does not depend on adds nothing to the norm, whatever it had before.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_norm_of_an_earlier_step_is_forgotten(bool onDevice)
    {
        IKernels kernels = Kernels(onDevice);
        Parameter first = Make(kernels, Shape.Vector(1), [0]), second = Make(kernels, Shape.Vector(1), [0]);
        SetGradient(kernels, first, [3]);
        SetGradient(kernels, second, [4]);
        using var optimizer = new Optimizer(kernels, [first, second], [], new OptimizerOptions());

        Assert.AreEqual(5f, Step(kernels, optimizer, step: 1)[1], 1e-5f);
        SetGradient(kernels, first, [3]);

        Assert.AreEqual(3f, Step(kernels, optimizer, step: 2)[1], 1e-5f);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_gradient_that_is_not_finite_changes_nothing_and_is_named(bool onDevice)
    {
        IKernels kernels = Kernels(onDevice);
        Parameter good = Make(kernels, Shape.Vector(2), [1, 2], "good"), bad = Make(kernels, Shape.Vector(2), [3, 4], "bad");
        SetGradient(kernels, good, [1, 1]);
        SetGradient(kernels, bad, [1, float.PositiveInfinity]);
        using var optimizer = new Optimizer(kernels, [good, bad], [], new OptimizerOptions());

        Step(kernels, optimizer, step: 1);

        Assert.AreEqual("bad", optimizer.FirstBadGradient());
        CollectionAssert.AreEqual(new float[] { 1, 2 }, kernels.ToArray(good.Value));
        CollectionAssert.AreEqual(new float[] { 3, 4 }, kernels.ToArray(bad.Value));
        SetGradient(kernels, good, [1, 1]);
        Step(kernels, optimizer, step: 2);
        Assert.IsNull(optimizer.FirstBadGradient());
        Assert.AreNotEqual(1f, kernels.ToArray(good.Value)[0]);
    }

    /// <summary>Field case 65's other half: SparseGrad's coefficients take no decay. A frozen weight is left alone.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_half_rotated_weight_takes_its_sparse_step_and_no_decay(bool onDevice)
    {
        IKernels kernels = Kernels(onDevice);
        (SparseGradWeight weight, SparseGradWeight frozen) = (Identity(kernels), Identity(kernels));
        frozen.IsTrainable = false;
        float[] before = kernels.ToArray(weight.Value);
        using Tensor small = Own(kernels.FromArray(new Shape(1, 2), [0, 1])), large = Own(kernels.FromArray(new Shape(1, 3), [0, 0, 1]));
        weight.AddGradient(small, large);
        frozen.AddGradient(small, large);

        using (var optimizer = new Optimizer(kernels, [], [weight, frozen], new OptimizerOptions { WeightDecay = 0.5 }))
        {
            Assert.AreEqual(1, optimizer.TrainedValues);
            Step(kernels, optimizer, step: 1, learningRate: 0.1);
        }

        // The first step of Adam is the rate, against the sign of the gradient.
        float[] expected = [.. before];
        expected[5] -= 0.1f;
        float[] after = kernels.ToArray(weight.Value);
        for (int i = 0; i < 6; i++)
        {
            Assert.AreEqual(expected[i], after[i], i == 5 ? 1e-6f : 0);
        }

        CollectionAssert.AreEqual(before, kernels.ToArray(frozen.Value));
    }

    private IKernels Kernels(bool onDevice) => onDevice ? TestDevice.Kernels : reference;

    private T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Add(resource);
        return resource;
    }

    private Parameter Make(IKernels kernels, Shape shape, float[] values, string name = "") =>
        Own(new Parameter(name, kernels.FromArray(shape, values), isVector: shape.Rows == 1) { IsTrainable = true });

    /// <summary>A weight [3, 2] under bases that change nothing, with one coefficient kept.</summary>
    private SparseGradWeight Identity(IKernels kernels)
    {
        SparseGradBasis basis = Own(SparseGradBasis.Create(kernels, 3, 2, [1, 0, 0, 0, 1, 0, 0, 0, 1], [1, 0, 0, 1]));
        using Tensor dense = kernels.FromArray(new Shape(3, 2), [1, 2, 3, 4, 5, 6]);
        return Own(new SparseGradWeight(kernels, "weight", dense, basis, kept: 1, Selection.EveryStep));
    }

    private static void SetGradient(IKernels kernels, Parameter parameter, float[] values) =>
        parameter.AccumulateGradient(kernels, values, (kernels, values, gradient, _) => kernels.Upload(values, gradient));

    private static float[] Step(
        IKernels kernels, Parameter[] dense, SparseGradWeight[] sparse, OptimizerOptions options, double learningRate = 0.1)
    {
        using var optimizer = new Optimizer(kernels, dense, sparse, options);
        return Step(kernels, optimizer, step: 1, learningRate);
    }

    /// <returns>The clip factor and the norm.</returns>
    private static float[] Step(IKernels kernels, Optimizer optimizer, int step, double learningRate = 0.1)
    {
        using Tensor loss = kernels.FromArray(Shape.Vector(1), [1]);
        using Tensor clip = kernels.Zeros(Shape.Vector(2), MemoryCategory.Scratch);
        optimizer.Step(learningRate, step, loss, clip);
        return kernels.ToArray(clip);
    }
}
