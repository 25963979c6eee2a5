using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Training;

/// <summary>Field case 67: a loss and an update that depend on how a batch is split, and a last short window of another scale.</summary>
[TestClass]
public sealed class AccumulationTests
{
    [TestMethod]
    [DataRow(TrainingMethod.Full, 1, 8)]
    [DataRow(TrainingMethod.Full, 2, 4)]
    [DataRow(TrainingMethod.Full, 3, 3)]
    [DataRow(TrainingMethod.MeProp, 3, 3)]
    [DataRow(TrainingMethod.Lora, 3, 3)]
    [DataRow(TrainingMethod.SparseGrad, 2, 4)]
    [DataRow(TrainingMethod.SparseGrad, 3, 3)]
    public void However_a_batch_is_split_the_update_is_the_same(TrainingMethod method, int batchSize, int accumulation)
    {
        (StepResult[] whole, float[] expected) = Train(8, 8, 1, method);
        (StepResult[] split, float[] weights) = Train(8, batchSize, accumulation, method);

        Assert.HasCount(1, split);
        AssertSame(whole[0], split[0]);
        AssertNear(expected, weights);
    }

    /// <summary>10 rows in windows of 8 and 2: the second update is that of a batch of 2.</summary>
    [TestMethod]
    public void A_short_window_counts_its_own_rows()
    {
        (StepResult[] whole, float[] expected) = Train(10, 8, 1);
        (StepResult[] split, float[] weights) = Train(10, 2, 4);

        CollectionAssert.AreEqual(new[] { 8, 2 }, split.Select(step => step.Examples).ToArray());
        AssertSame(whole[0], split[0]);
        AssertSame(whole[1], split[1]);
        AssertNear(expected, weights);
    }

    // Without dropout, whose masks are drawn for each batch. A small bound makes the clipping act, once for each window.
    private static (StepResult[] Steps, float[] Weights) Train(
        int rows, int batchSize, int accumulation, TrainingMethod method = TrainingMethod.Full)
    {
        using var kernels = new ReferenceKernels();
        using BertClassifier model = TinyBert.Load(kernels, dropout: 0);
        TrainingOptions options = TinyBert.Options(method);
        using var trainer = new Trainer(model, TinyBert.Examples(rows), options with
        {
            Epochs = 1, BatchSize = batchSize, Accumulation = accumulation, Decay = LearningRateDecay.Constant, Warmup = 0,
            Optimizer = options.Optimizer with { MaxGradientNorm = 0.1, Epsilon = 1e-3 },
        });
        var steps = new List<StepResult>();
        while (!trainer.IsFinished)
        {
            StepResult step = trainer.Step();
            if (step.Phase == TrainingPhase.Training)
            {
                steps.Add(step);
            }
        }

        return ([.. steps],
        [
            .. model.Parameters.SelectMany((Parameter parameter) => kernels.ToArray(parameter.Value)),
            .. model.SparseGradLayers.SelectMany(layer => ReadDense(model, layer)),
        ]);
    }

    private static float[] ReadDense(BertClassifier model, SparseGradLinear layer)
    {
        var dense = new float[layer.Weight.Value.Length];
        model.ReadWeight(layer.Weight.Name, dense);
        return dense;
    }

    private static void AssertSame(StepResult expected, StepResult actual)
    {
        Assert.AreEqual(expected.Loss, actual.Loss, 1e-6f);
        Assert.AreEqual(expected.GradientNorm, actual.GradientNorm, 1e-5f * expected.GradientNorm);
        Assert.IsGreaterThan(0.1f, actual.GradientNorm);
    }

    private static void AssertNear(float[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], 1e-6f);
        }
    }
}
