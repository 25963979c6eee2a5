using VkSparseGrad.Autograd;
using VkSparseGrad.Conformance.Steps;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Optimizers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Models;

/// <summary>A whole LLaMA with grouped queries against values that PyTorch computed in float64: logits, loss, every gradient, ten
/// AdamW steps, ten SparseGrad steps.</summary>
[TestClass]
public sealed class GoldenLlamaTests
{
    private const string Name = "tiny-llama";

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Logits(bool onDevice)
    {
        using var golden = new GoldenFile(Name);
        using var subject = new GoldenLlama(golden.Folder, TestDevice.Choose(onDevice));
        IKernels kernels = subject.Model.Kernels;
        TextBlock block = GoldenLlama.Batch(golden, "batch/");
        using LlamaBatch batch = LlamaBatch.Create(
            kernels, subject.Model.Config, [.. block.Texts.Select(text => text.Ids)],
            [.. Enumerable.Range(0, block.Tokens).Select(row => (uint)row)]);
        using Tape tape = Tape.ForEvaluation(kernels);

        float[] logits = kernels.ToArray(subject.Model.Logits(tape, batch).Value);

        Assert.IsLessThan(1e-5, Closeness.RelativeError(logits, golden.Doubles("batch/logits")));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Loss_and_every_gradient(bool onDevice)
    {
        using var golden = new GoldenFile(Name);
        using var subject = new GoldenLlama(golden.Folder, TestDevice.Choose(onDevice));

        double loss = subject.ForwardAndBackward(GoldenLlama.Batch(golden, "batch/"));

        double expected = golden.Settings.GetProperty("loss").GetDouble();
        Assert.AreEqual(expected, loss, 1e-5 * expected);
        foreach (Parameter parameter in subject.Model.Parameters)
        {
            double error = Closeness.RelativeError(
                subject.Model.Kernels.ToArray(parameter.Gradient!), golden.Doubles("grad/" + parameter.Name));
            Assert.IsLessThan(1e-4, error, parameter.Name);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Ten_AdamW_steps(bool onDevice)
    {
        using var golden = new GoldenFile(Name);
        using var subject = new GoldenLlama(golden.Folder, TestDevice.Choose(onDevice));
        var options = new OptimizerOptions { WeightDecay = 0.01, MaxGradientNorm = 0 };

        Train(golden, subject, options, "", golden.SettingArray("losses_10_steps"));

        CheckWeights(golden, subject, "after10/", 2e-4);
    }

    /// <summary>60 kept entries of up_proj and down_proj in blocks 0 and 3; everything else is frozen.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Ten_SparseGrad_steps(bool onDevice)
    {
        using var golden = new GoldenFile(Name);
        using var subject = new GoldenLlama(
            golden.Folder, TestDevice.Choose(onDevice), new LlamaOptions { Blocks = [0, 3] });
        Rotate(golden, subject);
        double[] losses = [.. golden.Settings.GetProperty("sparsegrad").GetProperty("losses_10_steps").EnumerateArray().Select(loss => loss.GetDouble())];

        Train(golden, subject, new OptimizerOptions { MaxGradientNorm = 0 }, "sparsegrad/", losses);

        Assert.AreEqual(4, subject.Model.SparseGradLayers.Count());
        CheckWeights(golden, subject, "sparsegrad/after10/", 2e-4);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Eigenvalues_of_the_preliminary_gradients(bool onDevice)
    {
        using var golden = new GoldenFile(Name);
        using var subject = new GoldenLlama(
            golden.Folder, TestDevice.Choose(onDevice), new LlamaOptions { Blocks = [0, 3] });
        using var preparation = new SparseGradPreparation(subject.Model);
        Watch(golden, subject);

        foreach ((string kind, (Tensor output, Tensor input)) in ((string[])["up", "down"]).Zip(preparation.Sums))
        {
            Check(output, $"sparsegrad/{kind}/eigenvalues_out");
            Check(input, $"sparsegrad/{kind}/eigenvalues_in");
        }

        void Check(Tensor gram, string name)
        {
            double[] matrix = Array.ConvertAll(subject.Model.Kernels.ToArray(gram), value => (double)value);
            double[] expected = golden.Doubles(name);
            double[] values = SymmetricEigen.Decompose(matrix, gram.Rows).Values;
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], values[i], 2e-6 * expected[0], $"{name} {i}");
            }
        }
    }

    private static void Train(GoldenFile golden, GoldenLlama subject, OptimizerOptions options, string prefix, double[] losses)
    {
        IKernels kernels = subject.Model.Kernels;
        using Tensor loss = kernels.Zeros(Shape.Vector(1), MemoryCategory.Scratch);
        using Tensor clip = kernels.Zeros(Shape.Vector(2), MemoryCategory.Scratch);
        using var optimizer = new Optimizer(
            kernels, subject.Model.Parameters, subject.Model.SparseGradLayers.Select(layer => layer.Weight), options);
        for (int step = 1; step <= 10; step++)
        {
            double value = subject.ForwardAndBackward(GoldenLlama.Batch(golden, $"{prefix}step{step}/"));
            optimizer.Step(1e-3, step, loss, clip);
            Assert.AreEqual(losses[step - 1], value, 5e-5, $"loss of step {step}");
        }
    }

    private static void CheckWeights(GoldenFile golden, GoldenLlama subject, string prefix, double limit)
    {
        foreach (string name in golden.Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            double[] expected = golden.Doubles(name);
            var actual = new float[expected.Length];
            subject.Model.ReadWeight(name[prefix.Length..], actual);
            Assert.IsLessThan(limit, Closeness.RelativeError(actual, expected), name);
        }
    }

    private static void Watch(GoldenFile golden, GoldenLlama subject)
    {
        for (int step = 0; golden.Has($"sparsegrad/prelim{step}/input_ids"); step++)
        {
            subject.ForwardAndBackward(GoldenLlama.Batch(golden, $"sparsegrad/prelim{step}/"));
        }
    }

    private static void Rotate(GoldenFile golden, GoldenLlama subject)
    {
        using var preparation = new SparseGradPreparation(subject.Model);
        Watch(golden, subject);
        int kept = golden.Settings.GetProperty("sparsegrad").GetProperty("keep").GetInt32();
        preparation.Finish(_ => kept, Selection.EveryStep, default, CancellationToken.None);
    }
}
