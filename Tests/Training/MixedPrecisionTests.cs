using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Training;

/// <summary>Training with activations kept in 16 bits: nearly the same in less memory.</summary>
[TestClass]
public sealed class MixedPrecisionTests
{
    /// <summary>Values are off by up to 2^-11 of themselves.</summary>
    private const double Tolerance = 1.0 / 1024;

    [TestMethod]
    [DataRow(TrainingMethod.Full, TrainingScope.All)]
    [DataRow(TrainingMethod.SparseGrad, TrainingScope.All)]
    [DataRow(TrainingMethod.SparseGrad, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.Lora, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.MeProp, TrainingScope.All)]
    [DataRow(TrainingMethod.BitFit, TrainingScope.All)]
    public void A_BERT(TrainingMethod method, TrainingScope scope) => Check<BertClassifier>(
        TinyBert.Options(method) with { Scope = scope, Accumulation = 2, Lora = new() { Dropout = 0.1 } },
        kernels => TinyBert.Load(kernels),
        (model, options) => new Trainer(model, TinyBert.Examples(13), options));

    [TestMethod]
    [DataRow(TrainingMethod.Full, TrainingScope.All)]
    [DataRow(TrainingMethod.SparseGrad, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.Lora, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.MeProp, TrainingScope.All)]
    public void A_LLaMA(TrainingMethod method, TrainingScope scope) => Check(
        TinyLlama.Options(method, scope) with { Accumulation = 2, Lora = new() { Dropout = 0.1 } },
        kernels => TinyLlama.Load(kernels, new LlamaOptions { Blocks = [0, 3] }),
        (model, options) => new Trainer(model, TinyLlama.Blocks(13), options));

    /// <summary>SparseGrad meets it before the first step, in the gradients of which it finds its bases.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.Full)]
    [DataRow(TrainingMethod.SparseGrad)]
    public void A_run_that_is_refused_says_what_16_bits_cannot_hold(TrainingMethod method)
    {
        using var kernels = new VulkanKernels(TestDevice.Device);
        using BertClassifier model = TinyBert.Load(kernels);
        Parameter bias = model.Parameters.First(parameter => parameter.Name.EndsWith("intermediate.dense.bias", StringComparison.Ordinal));
        float[] values = kernels.ToArray(bias.Value);
        values[0] = 1e5f;
        kernels.Upload(values, bias.Value);
        using var trainer = new Trainer(model, TinyBert.Examples(4), TinyBert.Options(method) with { Precision = Precision.Mixed });

        TrainingException refused = Assert.ThrowsExactly<TrainingException>(() => trainer.Run());

        Assert.Contains("65,504", refused.Message);
    }

    /// <summary>Between the passes all that waits is half as large, but for what is one number a row and head.</summary>
    [TestMethod]
    public void Half_the_memory_waits_for_the_backward_pass()
    {
        Assert.IsLessThan(0.55 * Waiting(narrows: false), Waiting(narrows: true));

        static long Waiting(bool narrows)
        {
            using var kernels = new VulkanKernels(TestDevice.Device);
            using BertClassifier model = TinyBert.Load(kernels);
            foreach (Parameter parameter in model.Parameters)
            {
                parameter.IsTrainable = true;
            }

            using Tape tape = Tape.ForTraining(kernels, 0, 0, narrows: narrows);
            using var scope = DisposeScope.Open();
            model.Logits(tape, [.. TinyBert.Examples(40)], scope);
            return kernels.CurrentMemory[MemoryCategory.Activations];
        }
    }

    private static void Check<TModel>(
        TrainingOptions options, Func<VulkanKernels, TModel> load, Func<TModel, TrainingOptions, Trainer> start)
        where TModel : TrainableModel
    {
        TrainingOptions mixed = options with { Precision = Precision.Mixed };
        (StepResult[] expected, long kept) = Train(options);
        (StepResult[] narrowed, long halves) = Train(mixed);
        (StepResult[] again, _) = Train(mixed);
        (StepResult[] recomputed, long leanest) = Train(mixed with { Checkpointing = true });

        CollectionAssert.AreEqual(narrowed, again);
        CollectionAssert.AreNotEqual(expected, narrowed);
        AssertClose(expected, narrowed);
        AssertClose(expected, recomputed);
        Assert.IsLessThan(0.9 * kept, halves);
        Assert.IsLessThan(halves, leanest);

        (StepResult[] Steps, long Activations) Train(TrainingOptions options)
        {
            using var kernels = new VulkanKernels(TestDevice.Device);
            using TModel model = load(kernels);
            using Trainer trainer = start(model, options);
            var steps = new List<StepResult>();
            while (!trainer.IsFinished)
            {
                steps.Add(trainer.Step());
            }

            return ([.. steps], kernels.PeakMemory[MemoryCategory.Activations]);
        }
    }

    private static void AssertClose(StepResult[] expected, StepResult[] actual)
    {
        // A first forward pass has nothing that was rounded.
        Assert.AreEqual(expected[0].Loss, actual[0].Loss);
        foreach ((StepResult one, StepResult other) in expected.Zip(actual))
        {
            Assert.AreEqual(one.Loss, other.Loss, Tolerance * one.Loss);
            Assert.AreEqual(one.GradientNorm, other.GradientNorm, Tolerance * one.GradientNorm);
        }
    }
}
