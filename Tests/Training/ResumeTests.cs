using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Training;

/// <summary>Field case 68: after a resume the order of the rows and the dropout start again, and nothing tells.</summary>
[TestClass]
public sealed class ResumeTests
{
    private const int Rows = 10;

    // The reference computes in double, so that a state in single precision is not all of its own.
    private static readonly IKernels Kernels = TestDevice.Kernels;

    private static readonly TrainingOptions[] Runs =
    [
        Options(TrainingMethod.Full),
        Options(TrainingMethod.SparseGrad) with { Selection = Selection.EveryStep },
        Options(TrainingMethod.SparseGrad) with { Selection = Selection.Refreshed(3) },
        Options(TrainingMethod.SparseGrad) with { Selection = Selection.AmongCoordinates(CoordinateCount.Share(0.25), 3) },
        Options(TrainingMethod.Lora),
        Options(TrainingMethod.MeProp),
        Options(TrainingMethod.SparseGrad) with { Selection = Selection.AmongCoordinates(CoordinateCount.Number(4), 5) }, // dense but in the last block
    ];

    /// <summary>Stops after an epoch, in the middle of one, and in the preliminary phase.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    [DataRow(5)]
    [DataRow(6)]
    public void A_stopped_and_resumed_run_is_the_straight_one_bit_for_bit(int run)
    {
        TrainingOptions options = Runs[run];
        Trained straight = Train(options);
        int preliminary = options.Method == TrainingMethod.SparseGrad ? options.PreliminarySteps : 0;
        Assert.HasCount(preliminary + 15, straight.Losses);
        int[] stops = [preliminary + 5, preliminary + 8];
        foreach (int stop in preliminary > 0 ? [2, preliminary, .. stops] : stops)
        {
            Trained resumed = TrainInTwo(options, stop);
            CollectionAssert.AreEqual(straight.Losses, resumed.Losses, $"losses, stopped after {stop}");
            CollectionAssert.AreEqual(straight.Weights, resumed.Weights, $"weights, stopped after {stop}");
        }
    }

    /// <summary>Between two accumulation steps: the window that was under way is done again.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    [DataRow(5)]
    [DataRow(6)]
    public void Stopped_within_a_window_the_window_is_done_again(int run)
    {
        TrainingOptions options = Runs[run] with { Accumulation = 2 };
        Trained straight = Train(options);
        int stop = straight.Losses.Length - 5;

        // The forward pass and more than half of the gradient rules: the window's second batch is under way.
        Trained resumed = TrainInTwo(options, stop, piecesOfNext: Pieces(options) * 3 / 4);

        CollectionAssert.AreEqual(straight.Losses, resumed.Losses);
        CollectionAssert.AreEqual(straight.Weights, resumed.Weights);
    }

    /// <summary>A trainer can go back to an earlier state of its own, as to the best one.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(5)]
    [DataRow(6)]
    public void A_run_goes_back_to_an_earlier_state_of_its_own(int run)
    {
        using var files = new TempFolder();
        var folder = new CheckpointFolder(files.Path);
        using BertClassifier model = TinyBert.Load(Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(Rows), Runs[run]);
        while (trainer.CompletedSteps < 6)
        {
            trainer.Step();
        }

        folder.Save(trainer, Kernels);
        float[] first = Finish(trainer);
        float[] weights = Weights(model);
        using (Checkpoint checkpoint = folder.OpenNewest()!)
        {
            trainer.Restore(checkpoint.Record.Position, checkpoint);
        }

        CollectionAssert.AreNotEqual(weights, Weights(model));
        CollectionAssert.AreEqual(first, Finish(trainer));
        CollectionAssert.AreEqual(weights, Weights(model));
    }

    private static TrainingOptions Options(TrainingMethod method) =>
        TinyBert.Options(method) with { BatchSize = 2, Seed = 7, Epochs = 3, PreliminarySteps = 3, LearningRate = 1e-2 };

    /// <summary>The pieces of a step, counted where no call is spent on waiting.</summary>
    private static int Pieces(TrainingOptions options)
    {
        using var kernels = new ReferenceKernels();
        using BertClassifier model = TinyBert.Load(kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(Rows), options);
        while (trainer.CompletedSteps < 1)
        {
            trainer.Step();
        }

        int pieces = 1;
        while (trainer.Step(TimeSpan.Zero) is null)
        {
            pieces++;
        }

        return pieces;
    }

    private static Trained Train(TrainingOptions options)
    {
        using BertClassifier model = TinyBert.Load(Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(Rows), options);
        return new Trained(Finish(trainer), Weights(model));
    }

    private static Trained TrainInTwo(TrainingOptions options, int stop, int piecesOfNext = 0)
    {
        using var files = new TempFolder();
        var folder = new CheckpointFolder(files.File("checkpoints"));
        folder.Prepare();
        var losses = new List<float>();
        using (BertClassifier model = TinyBert.Load(Kernels))
        using (var trainer = new Trainer(model, TinyBert.Examples(Rows), options))
        {
            while (losses.Count < stop)
            {
                losses.Add(trainer.Step().Loss);
            }

            folder.Save(trainer, Kernels);
            for (int piece = 0; piece < piecesOfNext; piece++)
            {
                Assert.IsNull(trainer.Step(TimeSpan.Zero));
            }
        }

        using BertClassifier second = TinyBert.Load(Kernels);
        using var resumed = new Trainer(second, TinyBert.Examples(Rows), options);
        using Checkpoint checkpoint = folder.OpenNewest()!;
        resumed.Restore(checkpoint.Record.Position, checkpoint);
        losses.AddRange(Finish(resumed));
        return new Trained([.. losses], Weights(second));
    }

    private static float[] Finish(Trainer trainer)
    {
        var losses = new List<float>();
        while (!trainer.IsFinished)
        {
            losses.Add(trainer.Step().Loss);
        }

        return [.. losses];
    }

    /// <summary>All that the model computes with, merged.</summary>
    private static float[] Weights(BertClassifier model)
    {
        var weights = new List<float>();
        using BertCheckpoint checkpoint = TinyBert.Open();
        foreach (BertParameter parameter in checkpoint.Parameters)
        {
            var values = new float[parameter.ElementCount];
            model.ReadWeight(parameter.Name, values);
            weights.AddRange(values);
        }

        return [.. weights];
    }

    private sealed record Trained(float[] Losses, float[] Weights);
}
