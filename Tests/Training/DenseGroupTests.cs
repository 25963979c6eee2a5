using VkSparseGrad.Conformance;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Layers;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Training;

/// <summary>Vectors that lie side by side are updated at once, as they would be one by one.</summary>
[TestClass]
public sealed class DenseGroupTests
{
    private static readonly int[] Lengths = [3, 64, 70, 1, 130];

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Together_or_one_by_one_the_bits_are_the_same(bool onDevice)
    {
        IKernels kernels = TestDevice.Choose(onDevice);

        float[][] expected = Train(kernels, isGathered: false);
        float[][] actual = Train(kernels, isGathered: true);

        for (int i = 0; i < expected.Length; i++)
        {
            CollectionAssert.AreEqual(expected[i], actual[i], $"{i}");
        }
    }

    [TestMethod]
    public void There_are_as_few_groups_as_can_be()
    {
        using var reference = new ReferenceKernels();
        using var vectors = new Vectors(reference, isGathered: true);
        using Parameter matrix = new("matrix", reference.Zeros(new Shape(2, 3), MemoryCategory.Weights), isVector: false);
        Parameter[] shuffled = [vectors.All[4], matrix, vectors.All[1], vectors.All[0], vectors.All[3]];

        string[] groups = [.. DenseGroup.Of(reference, shuffled).Select(group =>
        {
            using (group)
            {
                return string.Join(' ', group.Members.Select(member => member.Name));
            }
        })];

        // The third is not among them.
        CollectionAssert.AreEqual((string[])["matrix", "0 1", "3 4"], groups);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_gradient_that_is_not_finite_is_named_and_one_that_is_absent_is_zero(bool onDevice)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        using var vectors = new Vectors(kernels, isGathered: true);
        using var optimizer = new Optimizer(kernels, vectors.All, [], new OptimizerOptions());
        vectors.SetGradient(0, new float[3]);
        vectors.SetGradient(3, [float.NaN]);
        Step(kernels, optimizer, 1);
        string? bad = optimizer.FirstBadGradient();
        vectors.SetGradient(2, [.. Enumerable.Repeat(2f, 70)]);

        // The one that was bad is absent now.
        float norm = Step(kernels, optimizer, 2);

        Assert.AreEqual("3", bad);
        Assert.AreEqual(2 * MathF.Sqrt(70), norm, 1e-4f);
        Assert.IsNull(optimizer.FirstBadGradient());
        CollectionAssert.AreEqual(vectors.Begun[3], vectors.Values(3));
        CollectionAssert.AreNotEqual(vectors.Begun[2], vectors.Values(2));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Momentum_moves_nothing_that_has_no_gradient(bool onDevice)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        using var vectors = new Vectors(kernels, isGathered: true);
        using var optimizer = new Optimizer(kernels, vectors.All, [], new OptimizerOptions());
        SetAll(except: -1);
        Step(kernels, optimizer, 1);
        float[] value = vectors.Values(2), other = vectors.Values(3), moment = Moment1("2"), otherMoment = Moment1("3");
        SetAll(except: 2);

        Step(kernels, optimizer, 2);

        CollectionAssert.AreEqual(value, vectors.Values(2));
        CollectionAssert.AreEqual(moment, Moment1("2"));
        CollectionAssert.AreNotEqual(other, vectors.Values(3));
        CollectionAssert.AreNotEqual(otherMoment, Moment1("3"));

        float[] Moment1(string name) => kernels.ToArray(optimizer.Moments.Single(item => item.Name == name).Moment1);

        void SetAll(int except)
        {
            for (int i = 0; i < Lengths.Length; i++)
            {
                if (i != except)
                {
                    vectors.SetGradient(i, [.. Enumerable.Repeat(1f, Lengths[i])]);
                }
            }
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_gradient_from_before_the_optimizer_counts(bool onDevice)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        using var vectors = new Vectors(kernels, isGathered: true);
        vectors.SetGradient(1, [.. Enumerable.Repeat(1f, 64)]);

        using var optimizer = new Optimizer(kernels, vectors.All, [], new OptimizerOptions());

        Assert.AreEqual(8, Step(kernels, optimizer, 1), 1e-5);
    }

    [TestMethod]
    public void Where_only_the_sum_of_squares_is_too_large_a_name_is_told_too()
    {
        using var vectors = new Vectors(TestDevice.Kernels, isGathered: true);
        using var optimizer = new Optimizer(TestDevice.Kernels, vectors.All, [], new OptimizerOptions());
        vectors.SetGradient(1, [.. Enumerable.Repeat(1e20f, 64)]);

        Step(TestDevice.Kernels, optimizer, 1);

        Assert.AreEqual("0", optimizer.FirstBadGradient());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_part_is_gone_with_its_whole(bool onDevice)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        Tensor whole = kernels.Zeros(Shape.Vector(70), MemoryCategory.Scratch), part = kernels.Part(whole, 64, 6);
        part.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => kernels.ToArray(part));
        part = kernels.Part(whole, 64, 6);
        Assert.AreEqual(6, kernels.ToArray(part).Length);
        whole.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => kernels.ToArray(part));
    }

    /// <summary>A second optimizer takes the gradients to its own; the first one finds them all the same.</summary>
    [TestMethod]
    public void An_optimizer_is_right_beside_another_and_behind_it()
    {
        using var reference = new ReferenceKernels();
        using (var vectors = new Vectors(reference, isGathered: true))
        using (var first = new Optimizer(reference, vectors.All, [], new OptimizerOptions()))
        {
            var second = new Optimizer(reference, vectors.All, [], new OptimizerOptions());
            vectors.SetGradient(1, [.. Enumerable.Repeat(1f, 64)]);
            Assert.AreEqual(8, Step(reference, first, 1), 1e-5);
            vectors.SetGradient(1, [.. Enumerable.Repeat(0.5f, 64)]);
            Assert.AreEqual(4, Step(reference, second, 1), 1e-5);
            second.Dispose();
            vectors.SetGradient(1, [.. Enumerable.Repeat(0.25f, 64)]);
            Assert.AreEqual(2, Step(reference, first, 2), 1e-5);
        }

        Assert.AreEqual(0, reference.CurrentMemory.Total);
    }

    /// <returns>Weights and moments after some steps.</returns>
    private static float[][] Train(IKernels kernels, bool isGathered)
    {
        using var vectors = new Vectors(kernels, isGathered);
        vectors.All[1].IsTrainable = false;
        using var optimizer = new Optimizer(kernels, vectors.All, [], new OptimizerOptions { WeightDecay = 0.5, MaxGradientNorm = 0 });
        var random = new RandomValues(5);
        for (int step = 1; step <= 3; step++)
        {
            for (int i = 0; i < Lengths.Length; i++)
            {
                float[] gradient = random.Normal(Lengths[i]);
                if (vectors.All[i].IsTrainable)
                {
                    vectors.SetGradient(i, gradient);
                }
            }

            Step(kernels, optimizer, step);
        }

        return
        [
            .. Lengths.Select((_, i) => vectors.Values(i)),
            .. optimizer.Moments.OrderBy(moment => moment.Name).SelectMany(moment => (Tensor[])[moment.Moment1, moment.Moment2]).Select(kernels.ToArray),
        ];
    }

    /// <returns>The gradient norm.</returns>
    private static float Step(IKernels kernels, Optimizer optimizer, int step)
    {
        using Tensor loss = kernels.FromArray(Shape.Vector(1), [1]);
        using Tensor clip = kernels.Zeros(Shape.Vector(2), MemoryCategory.Scratch);
        optimizer.Step(0.1, step, loss, clip);
        return kernels.ToArray(clip)[1];
    }

    private sealed class Vectors : IDisposable
    {
        private readonly IKernels kernels;

        public Vectors(IKernels kernels, bool isGathered)
        {
            this.kernels = kernels;
            var random = new RandomValues(4);
            Begun = [.. Lengths.Select(length => random.Normal(length))];
            All =
            [
                .. Begun.Select((values, i) => new Parameter($"{i}", kernels.FromArray(Shape.Vector(values.Length), values), isVector: true)
                {
                    IsTrainable = true,
                }),
            ];
            if (isGathered)
            {
                VectorArena.Gather(kernels, All);
            }
        }

        public float[][] Begun { get; }

        public Parameter[] All { get; }

        public float[] Values(int i) => kernels.ToArray(All[i].Value);

        public void SetGradient(int i, float[] values) =>
            All[i].AccumulateGradient(kernels, values, (kernels, values, gradient, _) => kernels.Upload(values, gradient));

        public void Dispose() => Array.ForEach(All, vector => vector.Dispose());
    }
}
