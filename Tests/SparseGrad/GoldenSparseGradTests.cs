using VkSparseGrad.Autograd;
using VkSparseGrad.Conformance.Steps;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Optimizers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.SparseGrad;

/// <summary>SparseGrad against values that PyTorch computed in float64. Basis vectors have arbitrary signs, so coefficients are
/// compared by magnitude.</summary>
[TestClass]
public sealed class GoldenSparseGradTests
{
    private const double Fraction = 0.05;
    private static readonly string[] Kinds = ["intermediate", "output"];

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Gram_matrices_and_eigenvalues(bool onDevice)
    {
        using var golden = new GoldenFile("tiny-bert-sparsegrad");
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice));
        using var preparation = new SparseGradPreparation(subject.Model);
        RunPreliminary(golden, subject);

        for (int kind = 0; kind < Kinds.Length; kind++)
        {
            (Tensor output, Tensor input) = preparation.Sums[kind];
            CheckGram(subject.Kernels, output, golden, $"{Kinds[kind]}/gram_out", $"{Kinds[kind]}/eigenvalues_out");
            CheckGram(subject.Kernels, input, golden, $"{Kinds[kind]}/gram_in", $"{Kinds[kind]}/eigenvalues_in");
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void First_steps_coefficients_and_support(bool onDevice)
    {
        using var golden = new GoldenFile("tiny-bert-sparsegrad");
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice));
        Rotate(golden, subject);
        subject.ForwardAndBackward(golden.Batch("step1/"));

        foreach (SparseGradWeight weight in subject.Model.SparseGradLayers.Select(layer => layer.Weight))
        {
            SparseGradient gradient = weight.Gradient!.Value;
            uint[] indices = subject.Kernels.ToIndexArray(gradient.Indices);
            float[] values = subject.Kernels.ToArray(gradient.Values);
            long[] places = [.. indices.Select(index => InDenseOrder(weight, index))];
            long[] support = golden.Integers("step1/support/" + weight.Name);
            double[] coefficients = golden.Doubles("step1/coefficients/" + weight.Name);

            CollectionAssert.AreEquivalent(support, places, weight.Name);
            float[] magnitudes = Array.ConvertAll(values, Math.Abs);
            double[] expected = Array.ConvertAll(places, place => Math.Abs(coefficients[place]));
            Assert.IsLessThan(1e-4, Closeness.RelativeError(magnitudes, expected), weight.Name);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Ten_steps(bool onDevice)
    {
        using var golden = new GoldenFile("tiny-bert-sparsegrad");
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice));
        Rotate(golden, subject);
        IKernels kernels = subject.Kernels;
        using Tensor loss = kernels.Zeros(Shape.Vector(1), MemoryCategory.Scratch);
        using Tensor clip = kernels.Zeros(Shape.Vector(2), MemoryCategory.Scratch);
        using var optimizer = new Optimizer(
            kernels, subject.Model.Parameters, subject.Model.SparseGradLayers.Select(layer => layer.Weight),
            new OptimizerOptions { MaxGradientNorm = 0 });
        double[] losses = golden.SettingArray("losses_10_steps");

        for (int step = 1; step <= 10; step++)
        {
            double value = subject.ForwardAndBackward(golden.Batch($"step{step}/"));
            optimizer.Step(1e-3, step, loss, clip);
            Assert.AreEqual(losses[step - 1], value, 5e-5, $"loss of step {step}");
        }

        foreach (string name in subject.Model.SparseGradLayers.Select(layer => layer.Weight.Name))
        {
            double[] expected = golden.Doubles("after10/" + name);
            var actual = new float[expected.Length];
            subject.Model.ReadWeight(name, actual);
            Assert.IsLessThan(2e-3, Closeness.RelativeError(actual, expected), name);
        }

        foreach (Parameter parameter in subject.Model.Parameters)
        {
            if (!parameter.Name.EndsWith("attention.self.key.bias", StringComparison.Ordinal))
            {
                double error = Closeness.RelativeError(
                    kernels.ToArray(parameter.Value), golden.Doubles("after10/" + parameter.Name));
                Assert.IsLessThan(2e-3, error, parameter.Name);
            }
        }
    }

    /// <summary>Rotating there and back, and the layer before and after, agree.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Rotation_changes_neither_weights_nor_logits(bool onDevice)
    {
        using var golden = new GoldenFile("tiny-bert-sparsegrad");
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice));
        TokenizedExample[] examples = golden.Batch("step1/");
        var weights = subject.Model.DenseMlpLayers.SelectMany(layers => layers)
            .ToDictionary(layer => layer.Weight.Name, layer => subject.Kernels.ToArray(layer.Weight.Value));
        float[] before = EvaluationLogits(subject.Model, examples);
        Rotate(golden, subject);

        float[] after = EvaluationLogits(subject.Model, examples);

        Assert.IsLessThan(1e-5, Closeness.RelativeError(after, Array.ConvertAll(before, value => (double)value)));
        foreach ((string name, float[] original) in weights)
        {
            var back = new float[original.Length];
            subject.Model.ReadWeight(name, back);
            Assert.IsLessThan(2e-6, Closeness.RelativeError(back, Array.ConvertAll(original, value => (double)value)), name);
        }
    }

    /// <summary>Both orders of multiplication give the coefficients, whichever is cheaper.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Coefficients_do_not_depend_on_the_order_of_multiplication(bool onDevice)
    {
        using var golden = new GoldenFile("tiny-bert-sparsegrad");
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice));
        Rotate(golden, subject);
        IKernels kernels = subject.Kernels;
        SparseGradWeight weight = subject.Model.SparseGradLayers.First().Weight;
        var random = new Random(1);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        const int Rows = 31; // one below the small side, and padded to one above with rows of zeros
        float[] small = Values(Rows * weight.Value.Rows);
        float[] large = Values(Rows * weight.Value.Columns);

        float[] few = Coefficients(kernels, weight, small, large, Rows);
        float[] many = Coefficients(kernels, weight, small, large, Rows + 2);

        Assert.IsLessThan(1e-5, Closeness.RelativeError(few, Array.ConvertAll(many, value => (double)value)));
    }

    private static float[] Coefficients(IKernels kernels, SparseGradWeight weight, float[] small, float[] large, int rows)
    {
        Array.Resize(ref small, rows * weight.Value.Rows);
        Array.Resize(ref large, rows * weight.Value.Columns);
        using Tensor left = kernels.FromArray(new Shape(rows, weight.Value.Rows), small);
        using Tensor right = kernels.FromArray(new Shape(rows, weight.Value.Columns), large);
        using Tensor coefficients = kernels.Zeros(weight.Value.Shape, MemoryCategory.Scratch);
        weight.Selector.AddCoefficients(left, right, weight.Basis.Large, coefficients, accumulate: false);
        return kernels.ToArray(coefficients);
    }

    private static float[] EvaluationLogits(BertClassifier model, TokenizedExample[] examples) =>
        [.. Evaluation.Logits(model, examples).SelectMany(row => row)];

    private static void RunPreliminary(GoldenFile golden, GoldenModel subject)
    {
        for (int step = 0; golden.Has($"prelim{step}/input_ids"); step++)
        {
            subject.ForwardAndBackward(golden.Batch($"prelim{step}/"));
        }
    }

    private static void CheckGram(IKernels kernels, Tensor gram, GoldenFile golden, string gramName, string eigenvaluesName)
    {
        float[] actual = kernels.ToArray(gram);
        double[] expected = golden.Doubles(gramName);
        int order = gram.Rows;
        for (int i = 0; i < actual.Length; i++)
        {
            if (i % order < i / order)
            {
                (actual[i], expected[i]) = (0, 0); // only the upper triangle is promised
            }
        }

        Assert.IsLessThan(1e-5, Closeness.RelativeError(actual, expected), gramName);
        double[] values = SymmetricEigen.Decompose(Array.ConvertAll(actual, value => (double)value), order).Values;
        double[] eigenvalues = golden.Doubles(eigenvaluesName);
        Assert.IsLessThan(
            1e-5, Closeness.RelativeError(Array.ConvertAll(values, value => (float)value), eigenvalues), eigenvaluesName);
    }

    /// <summary>The place in the coefficients [D_out, D_in] of a place in ours, which have the small side first.</summary>
    private static long InDenseOrder(SparseGradWeight weight, uint index)
    {
        long small = index / weight.Value.Columns, large = index % weight.Value.Columns;
        return weight.SmallSideIsInput ? large * weight.Value.Rows + small : index;
    }

    /// <summary>Brings the model to the state after the preliminary phase.</summary>
    private static void Rotate(GoldenFile golden, GoldenModel subject)
    {
        using var preparation = new SparseGradPreparation(subject.Model);
        RunPreliminary(golden, subject);
        preparation.Finish(Fraction, Selection.EveryStep);
        foreach (Parameter parameter in subject.Model.Parameters)
        {
            parameter.IsTrainable = true;
        }
    }
}
