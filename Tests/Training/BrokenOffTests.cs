using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Optimizers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Training;

/// <summary>What is left of a run after a step was refused, a restore was broken off, or the bases were cancelled.</summary>
[TestClass]
public sealed class BrokenOffTests
{
    private static readonly IKernels Kernels = TestDevice.Kernels;

    private static readonly Selection[] Selections =
    [
        Selection.EveryStep, Selection.Refreshed(3), Selection.AmongCoordinates(CoordinateCount.Share(0.25), 3),
    ];

    /// <summary>Refused in a step that refreshes, at the run's beginning and later, and in one that does not.</summary>
    [TestMethod]
    [DataRow(0, 0)]
    [DataRow(0, 2)]
    [DataRow(1, 0)]
    [DataRow(1, 3)]
    [DataRow(1, 4)]
    [DataRow(2, 0)]
    [DataRow(2, 3)]
    [DataRow(2, 4)]
    public void A_refused_step_leaves_the_state_as_it_was(int selection, int refused)
    {
        using BertClassifier model = TinyBert.Load(Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(32), Options with { Selection = Selections[selection] });
        while (!trainer.BasesAreDue)
        {
            trainer.Step();
        }

        trainer.ComputeBases();
        while (trainer.CompletedSteps < refused)
        {
            trainer.Step();
        }

        Saved before = Saved.Of(trainer);
        Parameter gain = model.Parameters.First(parameter => parameter.Name == "bert.encoder.layer.1.output.LayerNorm.weight");
        float[] good = Kernels.ToArray(gain.Value);
        Kernels.Upload(Array.ConvertAll(good, _ => float.NaN), gain.Value);
        Assert.ThrowsExactly<TrainingException>(() => trainer.Step());
        Kernels.Upload(good, gain.Value);

        Saved.Of(trainer).AssertSame(before);
        uint[][] places = [.. model.SparseGradLayers.Select(layer => Chosen(layer.Weight))];
        trainer.Step();
        Assert.IsTrue(trainer.KeptEnergy.All(entry => entry.Share is > 0 and <= 1));
        if (selection > 0)
        {
            // A refused refresh is made up for in the next step.
            bool refreshes = refused % 3 == 0;
            uint[][] after = [.. model.SparseGradLayers.Select(layer => Chosen(layer.Weight))];
            Assert.AreEqual(refreshes, places.Zip(after).Any(pair => !pair.First.SequenceEqual(pair.Second)));
        }
    }

    /// <summary>Nothing is rotated or given up before all bases are there.</summary>
    [TestMethod]
    public void Bases_that_cannot_be_read_leave_the_run_as_it_was()
    {
        float[] expected = Run(null);
        Saved trained = StateAfter(1);
        foreach (string missing in (string[])["basis/0/input", "basis/1/output"])
        {
            CollectionAssert.AreEqual(expected, Run(trainer => Assert.ThrowsExactly<IOException>(
                () => trainer.Restore(trained.Position, trained.Without(missing)))));
        }
    }

    [TestMethod]
    [DataRow("half_rotated/bert.encoder.layer.2.output.dense.weight")]
    [DataRow("weight/bert.encoder.layer.1.output.dense.weight")]
    [DataRow("moment2/classifier.bias")]
    public void A_restore_that_failed_half_way_ends_the_run(string missing)
    {
        Saved trained = StateAfter(2);
        using BertClassifier model = TinyBert.Load(Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(12), Options);
        Assert.ThrowsExactly<IOException>(() => trainer.Restore(trained.Position, trained.Without(missing)));

        foreach (Action ask in (Action[])
            [
                () => trainer.Step(), () => trainer.Run(), () => trainer.ComputeBases(), () => _ = trainer.State, () => _ = trainer.Position,
                () => trainer.Restore(trained.Position, trained),
            ])
        {
            InvalidOperationException error = Assert.ThrowsExactly<InvalidOperationException>(ask);
            Assert.Contains("Restoring the run was broken off half-way", error.Message);
        }
    }

    /// <summary>The preliminary phase still watches after its bases were cancelled, and so can go back and on.</summary>
    [TestMethod]
    public void A_run_whose_bases_were_cancelled_goes_back_to_an_earlier_step()
    {
        float[] expected = Run(null);

        float[] actual = Run(trainer =>
        {
            Saved saved = Saved.Of(trainer);
            while (!trainer.BasesAreDue)
            {
                trainer.Step();
            }

            Assert.ThrowsExactly<OperationCanceledException>(() => trainer.ComputeBases(new CancellationToken(canceled: true)));
            trainer.Restore(saved.Position, saved);
        });

        CollectionAssert.AreEqual(expected, actual);
    }

    /// <summary>The model alone takes no more memory than the model.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.MeProp)]
    [DataRow(TrainingMethod.Lora)]
    public void A_saved_model_is_restored_without_moments(TrainingMethod method)
    {
        TrainingOptions options = Options with { Method = method };
        Saved saved;
        using (BertClassifier trained = TinyBert.Load(Kernels))
        using (var trainer = new Trainer(trained, TinyBert.Examples(8), options))
        {
            trainer.Run();
            saved = Saved.Of(trainer);
        }

        using BertClassifier model = TinyBert.Load(Kernels);
        Kernels.ResetPeakMemory();
        long before = Kernels.CurrentMemory.Total;
        SavedModel.Restore(model, options, saved);
        Assert.IsTrue(model.Parameters.Where(parameter => parameter.IsTrainable).All(
            parameter => saved.Contains($"weight/{parameter.Name}")));
        Assert.AreEqual(method == TrainingMethod.MeProp ? before : Kernels.CurrentMemory.Total, Kernels.PeakMemory.Total);
        Assert.ThrowsExactly<ArgumentException>(() => SavedModel.Restore(model, options with { Epochs = 0 }, saved));
    }

    private static TrainingOptions Options => TinyBert.Options(TrainingMethod.SparseGrad) with { PreliminarySteps = 3, LearningRate = 1e-2 };

    private static uint[] Chosen(SparseGradWeight weight) =>
        (weight.Selector.Support ?? weight.Selector.Coordinates) is Tensor places ? Kernels.ToIndexArray(places) : [];

    /// <summary>A whole run.</summary>
    /// <param name="after">Done after the second preliminary step.</param>
    /// <returns>Its losses.</returns>
    private static float[] Run(Action<Trainer>? after)
    {
        using BertClassifier model = TinyBert.Load(Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(12), Options);
        List<float> losses = [trainer.Step().Loss, trainer.Step().Loss];
        after?.Invoke(trainer);
        while (!trainer.IsFinished)
        {
            losses.Add(trainer.Step().Loss);
        }

        return [.. losses];
    }

    private static Saved StateAfter(int steps)
    {
        using BertClassifier model = TinyBert.Load(Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(12), Options);
        while (trainer.CompletedSteps < steps)
        {
            trainer.Step();
        }

        return Saved.Of(trainer);
    }

    /// <summary>A state in memory.</summary>
    private sealed class Saved(TrainingPosition position, Dictionary<string, Array> tensors) : IStateSource
    {
        public TrainingPosition Position => position;

        public static Saved Of(Trainer trainer) => new(trainer.Position, trainer.State.ToDictionary(
            entry => entry.Name, entry => entry.Tensor.Type == DType.Float32 ? (Array)Kernels.ToArray(entry.Tensor) : Kernels.ToIndexArray(entry.Tensor)));

        public Saved Without(string name) => new(position, tensors.Where(entry => entry.Key != name).ToDictionary());

        public bool Contains(string name) => tensors.ContainsKey(name);

        public void Read(string name, Span<float> destination) => ((float[])Find(name)).CopyTo(destination);

        public void Read(string name, Span<uint> destination) => ((uint[])Find(name)).CopyTo(destination);

        public void AssertSame(Saved other)
        {
            CollectionAssert.AreEquivalent(other.Names, Names);
            foreach (string name in Names)
            {
                CollectionAssert.AreEqual(other.Find(name), Find(name), name);
            }
        }

        private string[] Names => [.. tensors.Keys];

        private Array Find(string name) => tensors.TryGetValue(name, out Array? values) ? values : throw new IOException($"{name} cannot be read.");
    }
}
