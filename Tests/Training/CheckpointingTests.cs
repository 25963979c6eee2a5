using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Training;

/// <summary>Blocks that are computed again in the backward pass: the same training in less memory.</summary>
[TestClass]
public sealed class CheckpointingTests
{
    [TestMethod]
    [DataRow(TrainingMethod.Full, TrainingScope.All)]
    [DataRow(TrainingMethod.SparseGrad, TrainingScope.All)]
    [DataRow(TrainingMethod.SparseGrad, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.Lora, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.MeProp, TrainingScope.All)]
    [DataRow(TrainingMethod.BitFit, TrainingScope.All)]
    [DataRow(TrainingMethod.FrozenMlp, TrainingScope.Mlp)]
    public void The_bits_are_the_same_and_the_activations_fewer(TrainingMethod method, TrainingScope scope)
    {
        TrainingOptions options = TinyBert.Options(method) with { Scope = scope, Accumulation = 2, Lora = new() { Dropout = 0.1 } };

        (float[] expected, long kept) = Train(options, budget: null);
        (float[] weights, long recomputed) = Train(options with { Checkpointing = true }, budget: null);
        (float[] inFrames, _) = Train(options with { Checkpointing = true }, TimeSpan.FromMilliseconds(1));

        CollectionAssert.AreEqual(expected, weights);
        CollectionAssert.AreEqual(expected, inFrames);

        // With only the head trained no block is recorded, and there is nothing to save.
        if (method != TrainingMethod.FrozenMlp)
        {
            Assert.IsLessThan(kept, recomputed);
        }
    }

    /// <returns>Every loss and weight, and the peak of the activations.</returns>
    private static (float[] Values, long Activations) Train(TrainingOptions options, TimeSpan? budget)
    {
        using var kernels = new VulkanKernels(TestDevice.Device);
        using BertClassifier model = TinyBert.Load(kernels);
        var values = new List<float>();
        using (var trainer = new Trainer(model, TinyBert.Examples(13), options))
        {
            while (!trainer.IsFinished)
            {
                StepResult? done = budget is TimeSpan frame ? trainer.Step(frame) : trainer.Step();
                if (done is StepResult step)
                {
                    values.AddRange([step.Loss, step.GradientNorm]);
                }
            }
        }

        foreach (Tensor weight in model.Parameters.Select(parameter => parameter.Value).Concat(model.SparseGradLayers.Select(layer => layer.Weight.Value)))
        {
            values.AddRange(kernels.ToArray(weight));
        }

        return ([.. values], kernels.PeakMemory[MemoryCategory.Activations]);
    }
}
