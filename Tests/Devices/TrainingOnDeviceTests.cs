using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Conformance.Steps;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Tests.Training;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Devices;

/// <summary>What a training run on the device promises beyond its numbers: the same bits, flat memory, no side effects.</summary>
[TestClass]
public sealed class TrainingOnDeviceTests
{
    [TestMethod]
    [DataRow(TrainingMethod.SparseGrad)]
    [DataRow(TrainingMethod.Full)]
    public void The_same_seed_gives_the_same_bits(TrainingMethod method)
    {
        (float[] losses, float[] weights) = Train(method);
        (float[] againLosses, float[] againWeights) = Train(method);

        CollectionAssert.AreEqual(losses, againLosses);
        CollectionAssert.AreEqual(weights, againWeights);
    }

    [TestMethod]
    public void Another_seed_gives_others() => CollectionAssert.AreNotEqual(
        Train(TrainingMethod.Full).Losses, Train(TrainingMethod.Full, seed: 12).Losses);

    /// <summary>Field case 73: evaluation that consumes random numbers or leaves dropout off.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.SparseGrad)]
    [DataRow(TrainingMethod.Full)]
    public void Evaluation_in_between_changes_nothing(TrainingMethod method)
    {
        (float[] losses, float[] weights) = Train(method);
        (float[] evaluatedLosses, float[] evaluatedWeights) = Train(method, afterStep: model =>
        {
            float[][] first = Evaluation.Logits(model, TinyBert.Examples(9), batchSize: 4);
            float[][] second = Evaluation.Logits(model, TinyBert.Examples(9), batchSize: 4);
            CollectionAssert.AreEqual(first.SelectMany(row => row).ToArray(), second.SelectMany(row => row).ToArray());
        });

        CollectionAssert.AreEqual(losses, evaluatedLosses);
        CollectionAssert.AreEqual(weights, evaluatedWeights);
    }

    /// <summary>The smallest budget cuts a step wherever it can be cut.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.SparseGrad)]
    [DataRow(TrainingMethod.Full)]
    public void Steps_in_pieces_give_the_same_bits(TrainingMethod method)
    {
        (float[] losses, float[] weights) = Train(method);
        int calls = 0;
        (float[] pieceLosses, float[] pieceWeights) = Train(method, step: (model, trainer) =>
        {
            while (true)
            {
                if (trainer.Step(TimeSpan.Zero) is StepResult result)
                {
                    return result;
                }

                if (++calls % 50 == 0)
                {
                    Evaluation.Logits(model, TinyBert.Examples(3));
                }
            }
        });

        CollectionAssert.AreEqual(losses, pieceLosses);
        CollectionAssert.AreEqual(weights, pieceWeights);
        Assert.IsGreaterThan(100, calls);
    }

    /// <summary>Field case 77: memory that grows with every step, evaluation or save.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.SparseGrad, 1)]
    [DataRow(TrainingMethod.Full, 1)]
    [DataRow(TrainingMethod.Lora, 1)]
    [DataRow(TrainingMethod.MeProp, 1)]
    [DataRow(TrainingMethod.SparseGrad, 4)]
    [DataRow(TrainingMethod.Full, 4)]
    public void Memory_is_flat(TrainingMethod method, int accumulation)
    {
        using var folder = new TempFolder();
        using var device = new WatchedDevice();
        using BertCheckpoint checkpoint = TinyBert.Open();
        using BertClassifier model = TinyBert.Load(device.Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(240), TinyBert.Options(method) with
        {
            BatchSize = 4 / accumulation, Accumulation = accumulation,
        });
        var checkpoints = new CheckpointFolder(folder.File("checkpoints"));
        checkpoints.Prepare();
        (long Bytes, int Blocks) early = default;
        while (!trainer.IsFinished)
        {
            StepResult result = trainer.Step();
            if (result.Step % 10 == 0)
            {
                Evaluation.Predictions(model, TinyBert.Examples(10));
            }

            if (result is { Phase: TrainingPhase.Training, Step: 20 or 40 or 60 })
            {
                HuggingFaceFolder.SaveBert(checkpoint, folder.Path, model.ReadWeight);
                checkpoints.Save(trainer, device.Kernels);
            }

            if (result is { Phase: TrainingPhase.Training, Step: 10 })
            {
                early = Held();
            }

            if (result is { Phase: TrainingPhase.Training, Step: 50 or 60 })
            {
                Assert.AreEqual(early, Held());
            }
        }

        Assert.AreEqual(60, trainer.CompletedSteps);

        (long Bytes, int Blocks) Held() => (
            device.Kernels.CurrentMemory.Total,
            device.Device.Memory.BlockCount + device.Device.UploadMemory.BlockCount + device.Device.DownloadMemory.BlockCount);
    }

    /// <summary>A trainer given up in the middle of a step leaves the model's memory and nothing else.</summary>
    [TestMethod]
    public void Giving_up_between_two_pieces_leaves_nothing()
    {
        using var device = new WatchedDevice();
        using BertClassifier model = TinyBert.Load(device.Kernels);
        long before = device.Kernels.CurrentMemory.Total;
        for (int calls = 1; calls < 40; calls += 6)
        {
            using (var trainer = new Trainer(model, TinyBert.Examples(8), TinyBert.Options(TrainingMethod.Full)))
            {
                for (int i = 0; i < calls && trainer.Step(TimeSpan.Zero) is null; i++)
                {
                }
            }

            Assert.AreEqual(before, device.Kernels.CurrentMemory.Total);
        }
    }

    /// <summary>Field case 64: a pruned backward pass that gives something else.</summary>
    [TestMethod]
    [DataRow("classifier.weight")]
    [DataRow("bert.encoder.layer.1.attention.self.value.bias")]
    [DataRow("bert.encoder.layer.0.intermediate.dense.weight")]
    [DataRow("bert.encoder.layer.2.output.LayerNorm.weight")]
    [DataRow("bert.embeddings.word_embeddings.weight")]
    [DataRow("bert.encoder.layer.0.attention.self.key.weight")]
    public void A_trained_subset_has_the_gradients_of_the_whole(string name)
    {
        float[] alone = GradientOf(name, parameter => parameter.Name == name);
        float[] among = GradientOf(name, _ => true);

        for (int i = 0; i < alone.Length; i++)
        {
            Assert.AreEqual(among[i], alone[i], 1e-6f);
        }

        Assert.IsTrue(alone.AsSpan().ContainsAnyExcept(0f));
    }

    private static float[] GradientOf(string name, Func<Parameter, bool> isTrained)
    {
        using var golden = new GoldenFile("tiny-bert-classify");
        using var subject = new GoldenModel(golden, TestDevice.Kernels);
        foreach (Parameter parameter in subject.Model.Parameters)
        {
            parameter.IsTrainable = isTrained(parameter);
        }

        subject.ForwardAndBackward(TinyBert.Examples(6));
        return subject.Kernels.ToArray(subject.Model.Parameters.Single(parameter => parameter.Name == name).Gradient!);
    }

    private static (float[] Losses, float[] Weights) Train(
        TrainingMethod method, ulong seed = 11, Action<BertClassifier>? afterStep = null,
        Func<BertClassifier, Trainer, StepResult>? step = null)
    {
        using BertClassifier model = TinyBert.Load(TestDevice.Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(20), TinyBert.Options(method) with { Seed = seed });
        var losses = new List<float>();
        while (!trainer.IsFinished)
        {
            losses.Add((step is null ? trainer.Step() : step(model, trainer)).Loss);
            afterStep?.Invoke(model);
        }

        var weights = new List<float>();
        foreach (Parameter parameter in model.Parameters)
        {
            weights.AddRange(TestDevice.Kernels.ToArray(parameter.Value));
        }

        foreach (SparseGradLinear layer in model.SparseGradLayers)
        {
            weights.AddRange(TestDevice.Kernels.ToArray(layer.Weight.Value));
        }

        return ([.. losses], [.. weights]);
    }
}
