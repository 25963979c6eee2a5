using System.Collections;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Models;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Training;

/// <summary>Which examples a step sees and at which rate.</summary>
[TestClass]
public sealed class TrainerTests
{
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
