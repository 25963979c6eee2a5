using VkSparseGrad.Autograd;
using VkSparseGrad.Conformance.Steps;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Models;

/// <summary>Whole models against values that PyTorch computed in float64: logits, loss, every gradient, ten AdamW steps.</summary>
[TestClass]
public sealed class GoldenBertTests
{
    [TestMethod]
    [DataRow("tiny-bert-classify", false)]
    [DataRow("tiny-bert-classify", true)]
    [DataRow("tiny-bert-regress", false)]
    [DataRow("tiny-bert-regress", true)]
    [DataRow("tiny-roberta-classify", false)]
    [DataRow("tiny-roberta-classify", true)]
    public void Loss_and_every_gradient(string name, bool onDevice)
    {
        using var golden = new GoldenFile(name);
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice));
        using PackedBatch batch = PackedBatch.Create(
            subject.Kernels, subject.Model.Config, golden.Batch("", golden.SettingArray("labels")));
        using Tape tape = Tape.ForTraining(subject.Kernels, 0, 0);

        Variable logits = subject.Model.Logits(tape, batch);
        float[] values = subject.Kernels.ToArray(logits.Value);
        double loss = subject.Loss(tape, logits, golden.SettingArray("labels"));
        tape.Backward();

        Assert.IsLessThan(1e-5, Closeness.RelativeError(values, golden.Doubles("logits")));
        double expected = golden.Settings.GetProperty("loss").GetDouble();
        Assert.AreEqual(expected, loss, 1e-5 * Math.Max(1, expected));
        foreach (Parameter parameter in subject.Model.Parameters)
        {
            double error = Closeness.RelativeError(
                subject.Kernels.ToArray(parameter.Gradient!), golden.Doubles("grad/" + parameter.Name));
            // A key's bias shifts all scores of a row alike, so its gradient is zero but for rounding.
            bool vanishes = parameter.Name.EndsWith("attention.self.key.bias", StringComparison.Ordinal);
            Assert.IsTrue(vanishes || error < 1e-4, $"{parameter.Name}: {error}");
        }
    }

    /// <summary>Evaluation frees values as it goes, so it could differ from a training pass; it must not.</summary>
    [TestMethod]
    [DataRow("tiny-bert-classify", false)]
    [DataRow("tiny-bert-classify", true)]
    [DataRow("tiny-roberta-classify", false)]
    [DataRow("tiny-roberta-classify", true)]
    public void Logits_in_evaluation(string name, bool onDevice)
    {
        using var golden = new GoldenFile(name);
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice));

        float[][] logits = Evaluation.Logits(subject.Model, golden.Batch("", golden.SettingArray("labels")), batchSize: 3);

        float[] values = [.. logits.SelectMany(row => row)];
        Assert.IsLessThan(1e-5, Closeness.RelativeError(values, golden.Doubles("logits")));
    }

    [TestMethod]
    [DataRow("tiny-bert-classify", false)]
    [DataRow("tiny-bert-classify", true)]
    [DataRow("tiny-bert-regress", false)]
    [DataRow("tiny-bert-regress", true)]
    [DataRow("tiny-roberta-classify", false)]
    [DataRow("tiny-roberta-classify", true)]
    public void Ten_AdamW_steps(string name, bool onDevice)
    {
        using var golden = new GoldenFile(name);
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice));
        IKernels kernels = subject.Kernels;
        using Tensor loss = kernels.Zeros(Shape.Vector(1), MemoryCategory.Scratch);
        using Tensor clip = kernels.Zeros(Shape.Vector(2), MemoryCategory.Scratch);
        var options = new OptimizerOptions { WeightDecay = 0.01, MaxGradientNorm = 0 };
        using var optimizer = new Optimizer(kernels, subject.Model.Parameters, [], options);
        double[] losses = golden.SettingArray("losses_10_steps");
        double[] norms = golden.SettingArray("grad_norms_10_steps");

        for (int step = 1; step <= 10; step++)
        {
            TokenizedExample[] examples = golden.Batch($"step{step}/");
            double value = subject.ForwardAndBackward(examples);
            optimizer.Step(1e-3, step, loss, clip);

            Assert.AreEqual(losses[step - 1], value, 2e-5 * Math.Max(1, losses[step - 1]), $"loss of step {step}");
            Assert.AreEqual(norms[step - 1], kernels.ToArray(clip)[1], 1e-4 * norms[step - 1], $"norm of step {step}");
        }

        foreach (Parameter parameter in subject.Model.Parameters)
        {
            // Adam divides by the gradient's own size, so where a gradient is zero but for rounding the step is not.
            if (!parameter.Name.EndsWith("attention.self.key.bias", StringComparison.Ordinal))
            {
                double error = Closeness.RelativeError(
                    kernels.ToArray(parameter.Value), golden.Doubles("after10/" + parameter.Name));
                Assert.IsLessThan(2e-4, error, parameter.Name);
            }
        }
    }
}
