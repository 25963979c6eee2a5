using System.Collections;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Training;

/// <summary>Which examples a step sees and at which rate, what is refused, and what is left behind.</summary>
[TestClass]
public sealed class TrainerTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_trainer_that_is_gone_takes_no_step(bool midStep)
    {
        using BertClassifier model = TinyBert.Load(TestDevice.Kernels);
        var trainer = new Trainer(model, TinyBert.Examples(8), TinyBert.Options(TrainingMethod.Full));
        trainer.Step();
        if (midStep)
        {
            Assert.IsNull(trainer.Step(TimeSpan.Zero));
        }

        trainer.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => trainer.Step());
        Assert.ThrowsExactly<ObjectDisposedException>(() => trainer.Step(TimeSpan.Zero));
        Assert.ThrowsExactly<ObjectDisposedException>(() => trainer.ComputeBases());
        Assert.AreEqual(1, trainer.CompletedSteps);
    }

    /// <summary>Field case 72: one order for all epochs, or a last short batch that is dropped.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.Full)]
    [DataRow(TrainingMethod.SparseGrad)]
    public void Every_epoch_sees_every_example_once_in_an_order_of_its_own(TrainingMethod method)
    {
        Seen[] steps = Train(10, Options(method) with { Epochs = 3 });

        Seen[][] epochs = [.. steps.Chunk(4)];
        Assert.HasCount(3, epochs);
        for (int epoch = 0; epoch < epochs.Length; epoch++)
        {
            CollectionAssert.AreEqual(new[] { 3, 3, 3, 1 }, epochs[epoch].Select(step => step.Result.Examples).ToArray());
            Assert.IsTrue(epochs[epoch].All(step => step.Result.Epoch == epoch));
            CollectionAssert.AreEquivalent(Enumerable.Range(0, 10).ToArray(), epochs[epoch].SelectMany(step => step.Members).ToArray());
        }

        string[] orders = [.. epochs.Select(epoch => string.Join(' ', epoch.SelectMany(step => step.Members)))];
        Assert.AreEqual(3, orders.Distinct().Count(), string.Join(", ", orders));
    }

    [TestMethod]
    public void The_order_depends_on_the_seed_and_on_nothing_else()
    {
        int[] first = Orders(seed: 1), again = Orders(seed: 1), other = Orders(seed: 2);

        CollectionAssert.AreEqual(first, again);
        CollectionAssert.AreNotEqual(first, other);

        static int[] Orders(ulong seed) => 
            [.. Train(10, Options() with { Epochs = 3, Seed = seed }).SelectMany(step => step.Members)];
    }

    [TestMethod]
    [DataRow(TrainingMethod.Full)]
    [DataRow(TrainingMethod.SparseGrad)]
    public void One_example_is_enough(TrainingMethod method)
    {
        StepResult[] steps = [.. Train(1, Options(method) with { Epochs = 2 }).Select(step => step.Result)];

        CollectionAssert.AreEqual(new[] { 1, 1 }, steps.Select(step => step.Examples).ToArray());
        Assert.IsTrue(steps.All(step => float.IsFinite(step.Loss) && step.GradientNorm > 0));
    }

    [TestMethod]
    public void No_example_is_refused()
    {
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => Train(0, Options()));

        Assert.Contains("at least one example", error.Message);
    }

    [TestMethod]
    [DataRow(0.0, new[] { 1.0, 0.75, 0.5, 0.25 }, DisplayName = "none")]
    [DataRow(0.5, new[] { 0.0, 0.5, 1, 0.5 }, DisplayName = "a share")]
    [DataRow(0.3, new[] { 0.0, 0.5, 1, 0.5 }, DisplayName = "a share, rounded up")]
    [DataRow(1.0, new[] { 0.0, 1, 2.0 / 3, 1.0 / 3 }, DisplayName = "one step")]
    [DataRow(2.0, new[] { 0.0, 0.5, 1, 0.5 }, DisplayName = "a count")]
    [DataRow(100.0, new[] { 0.0, 0.25, 0.5, 0.75 }, DisplayName = "more than all steps")]
    public void Warm_up_is_a_share_or_a_count_of_steps(double warmup, double[] expected)
    {
        const double peak = 1e-3;

        StepResult[] steps = [.. Train(10, Options() with { Warmup = warmup, LearningRate = peak }).Select(step => step.Result)];

        Assert.HasCount(expected.Length, steps);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i] * peak, steps[i].LearningRate, 1e-15, $"step {i}");
        }
    }

    /// <summary>Field case 71: the first weight that is not finite ends the run, in either phase, with the weights as they were.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.Full, false, "Training step 1")]
    [DataRow(TrainingMethod.Full, true, "Training step 1")]
    [DataRow(TrainingMethod.SparseGrad, false, "Preliminary step 1")]
    [DataRow(TrainingMethod.SparseGrad, true, "Preliminary step 1")]
    public void An_infinite_weight_ends_the_run(TrainingMethod method, bool onDevice, string step)
    {
        using var reference = new ReferenceKernels();
        IKernels kernels = onDevice ? TestDevice.Kernels : reference;
        using BertClassifier model = TinyBert.Load(kernels);
        Parameter weight = model.Parameters.First(parameter => parameter.Name.EndsWith("layer.0.output.dense.weight", StringComparison.Ordinal));
        float[] values = kernels.ToArray(weight.Value);
        values[7] = float.PositiveInfinity;
        kernels.Upload(values, weight.Value);
        using var trainer = new Trainer(model, TinyBert.Examples(4), Options(method));

        TrainingException error = Assert.ThrowsExactly<TrainingException>(() => trainer.Step());

        Assert.StartsWith(step, error.Message);
        Assert.Contains("NaN", error.Message);
        CollectionAssert.AreEqual(values, kernels.ToArray(weight.Value));
    }

    [TestMethod]
    [DataRow(TrainingMethod.Full)]
    [DataRow(TrainingMethod.SparseGrad)]
    public void The_model_outlives_its_trainer(TrainingMethod method)
    {
        using var kernels = new ReferenceKernels();
        using (BertClassifier model = TinyBert.Load(kernels))
        {
            float[][] trained;
            using (var trainer = new Trainer(model, TinyBert.Examples(4), Options(method)))
            {
                trainer.Run();
                trained = Evaluation.Logits(model, TinyBert.Examples(3));
            }

            float[][] later = Evaluation.Logits(model, TinyBert.Examples(3));

            CollectionAssert.AreEqual(trained.SelectMany(row => row).ToArray(), later.SelectMany(row => row).ToArray());
        }

        Assert.AreEqual(0, kernels.CurrentMemory.Total);
    }

    [TestMethod]
    [DataRow(TrainingMethod.Full)]
    [DataRow(TrainingMethod.SparseGrad)]
    public void A_rotated_model_is_trained_by_one_trainer(TrainingMethod second)
    {
        using var kernels = new ReferenceKernels();
        using BertClassifier model = TinyBert.Load(kernels);
        using (var trainer = new Trainer(model, TinyBert.Examples(4), Options(TrainingMethod.SparseGrad)))
        {
            trainer.Run();
        }

        InvalidOperationException error = Assert.ThrowsExactly<InvalidOperationException>(
            () => new Trainer(model, TinyBert.Examples(4), Options(second)));

        Assert.Contains("load it anew", error.Message);
    }

    /// <summary>MeProp and the preliminary phase take gradients as they go by; two of them would take each other's.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.MeProp, TrainingMethod.MeProp)]
    [DataRow(TrainingMethod.SparseGrad, TrainingMethod.SparseGrad)]
    [DataRow(TrainingMethod.SparseGrad, TrainingMethod.Full)]
    public void A_model_whose_gradients_are_taken_is_refused(TrainingMethod first, TrainingMethod second)
    {
        using var kernels = new ReferenceKernels();
        using BertClassifier model = TinyBert.Load(kernels);
        using (var trainer = new Trainer(model, TinyBert.Examples(4), Options(first)))
        {
            InvalidOperationException error = Assert.ThrowsExactly<InvalidOperationException>(
                () => new Trainer(model, TinyBert.Examples(4), Options(second)));
            Assert.Contains("Dispose that one first", error.Message);
        }

        using var other = new Trainer(model, TinyBert.Examples(4), Options(second));
        other.Run();
    }

    [TestMethod]
    public void The_end_of_an_observer_leaves_a_later_one()
    {
        using var kernels = new ReferenceKernels();
        using var parameter = new Parameter("weight", kernels.FromArray(new Shape(1, 2), [1, 2]), isVector: false);
        var first = new MePropWeight(kernels, parameter, 1);
        using var second = new MePropWeight(kernels, parameter, 1);

        first.Dispose();
        parameter.AccumulateGradient(kernels, 0, (kernels, _, gradient, _) => kernels.Upload([3f, 4f], gradient));

        CollectionAssert.AreEqual(new uint[] { 1 }, kernels.ToIndexArray(second.Gradient!.Value.Indices));
    }

    [TestMethod]
    public void A_gradient_that_was_left_in_the_model_is_not_in_the_first_update()
    {
        float[] expected = WeightsAfter(null);
        CollectionAssert.AreEqual(expected, WeightsAfter(100));

        static float[] WeightsAfter(float? left)
        {
            using var kernels = new ReferenceKernels();
            using BertClassifier model = TinyBert.Load(kernels);
            Parameter weight = model.DenseMlpLayers[0][0].Weight;
            if (left is float value)
            {
                weight.AccumulateGradient(kernels, value, (kernels, value, gradient, _) => kernels.Fill(gradient, value));
            }

            using var trainer = new Trainer(model, TinyBert.Examples(3), Options());
            trainer.Step();
            return kernels.ToArray(weight.Value);
        }
    }

    [TestMethod]
    public void A_budgeted_step_leaves_the_hosts_own_deferral_as_it_was()
    {
        using BertClassifier model = TinyBert.Load(TestDevice.Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(4), Options());
        try
        {
            foreach (bool deferred in (bool[])[true, false])
            {
                TestDevice.Kernels.DefersSubmission = deferred;
                trainer.Step(TimeSpan.Zero);
                Assert.AreEqual(deferred, TestDevice.Kernels.DefersSubmission);
            }
        }
        finally
        {
            TestDevice.Kernels.DefersSubmission = false;
        }
    }

    public static IEnumerable<object[]> BadOptions =>
    [
        [Options() with { Epochs = 0 }, "Epochs is 0"],
        [Options() with { BatchSize = 0 }, "Batch size is 0"],
        [Options() with { Method = (TrainingMethod)17 }, "Training method is 17"],
        [Options() with { Scope = (TrainingScope)(-1) }, "Training scope is -1"],
        [Options() with { Decay = (LearningRateDecay)3 }, "Learning rate decay is 3"],
        [Options() with { BatchSize = 1 << 16, Accumulation = 1 << 16 }, "Batch size times accumulation is 4294967296"],
        [Options() with { Epochs = int.MaxValue }, "2147483647 epochs of 2 steps are too many"],
        [Options() with { Lora = new() { Dropout = 1 - 1e-12 } }, "LoRA dropout is"],
        [Options() with { Lora = new() { Targets = [LayerKind.Query, LayerKind.Output, LayerKind.Query] } }, "Query is twice"],
        [Options() with { Lora = new() { Targets = [(LayerKind)7] } }, "A LoRA target is 7"],
        [Options(TrainingMethod.Lora) with { Lora = new() { Targets = [LayerKind.Gate] } }, "The model's blocks have no layer Gate"],
        [Options() with { LearningRate = double.NaN }, "Learning rate is NaN"],
        [Options() with { Warmup = -1 }, "Warm-up is -1"],
        [Options() with { Fraction = 0 }, "Fraction is 0"],
        [Options() with { PreliminarySteps = 0 }, "Preliminary steps is 0"],
        [Options() with { Optimizer = new() { Beta1 = 1 } }, "Beta 1 is 1"],
        [Options() with { Optimizer = new() { Beta2 = -0.1 } }, "Beta 2 is -0.1"],
        [Options() with { Optimizer = new() { Epsilon = 0 } }, "Epsilon is 0"],
        [Options() with { Optimizer = new() { WeightDecay = -1 } }, "Weight decay is -1"],
        [Options() with { Optimizer = new() { MaxGradientNorm = double.PositiveInfinity } }, "Gradient norm is Infinity"],
    ];

    [TestMethod]
    [DynamicData(nameof(BadOptions))]
    public void A_setting_out_of_its_range_is_refused(TrainingOptions options, string message)
    {
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => Train(4, options));

        Assert.StartsWith(message, error.Message);
    }

    private static TrainingOptions Options(TrainingMethod method = TrainingMethod.Full) =>
        TinyBert.Options(method) with { BatchSize = 3, PreliminarySteps = 1 };

    /// <summary>Runs to the end.</summary>
    /// <returns>The training steps.</returns>
    private static Seen[] Train(int count, TrainingOptions options)
    {
        using var kernels = new ReferenceKernels();
        using BertClassifier model = TinyBert.Load(kernels);
        var examples = new WatchedList<TokenizedExample>(TinyBert.Examples(count));
        using var trainer = new Trainer(model, examples, options);
        var steps = new List<Seen>();
        while (!trainer.IsFinished)
        {
            examples.Asked.Clear();
            StepResult step = trainer.Step();
            if (step.Phase == TrainingPhase.Training)
            {
                steps.Add(new Seen(step, [.. examples.Asked]));
            }
        }

        return [.. steps];
    }

    /// <summary>A step and the examples it took.</summary>
    private sealed record Seen(StepResult Result, int[] Members);

    /// <summary>Remembers which elements were asked for.</summary>
    private sealed class WatchedList<T>(IReadOnlyList<T> inner) : IReadOnlyList<T>
    {
        public List<int> Asked { get; } = [];

        public int Count => inner.Count;

        public T this[int index]
        {
            get
            {
                Asked.Add(index);
                return inner[index];
            }
        }

        public IEnumerator<T> GetEnumerator() => inner.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
