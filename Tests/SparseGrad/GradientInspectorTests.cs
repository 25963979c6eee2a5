using VkSparseGrad.Conformance.Steps;
using VkSparseGrad.Kernels;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Models;

namespace VkSparseGrad.Tests.SparseGrad;

/// <summary>Gradients and their rotation against values that PyTorch computed in float64.</summary>
[TestClass]
public sealed class GradientInspectorTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Coefficients_of_the_first_step(bool onDevice)
    {
        using var golden = new GoldenFile("tiny-bert-sparsegrad");
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice));
        using var inspector = new GradientInspector(subject.Model, seed: 0);
        for (int step = 0; golden.Has($"prelim{step}/input_ids"); step++)
        {
            inspector.Watch(golden.Batch($"prelim{step}/"));
        }

        inspector.FindBases();
        var gradients = new List<InspectedGradient>();
        inspector.Inspect(golden.Batch("step1/"), gradients.Add);

        Assert.HasCount(subject.Model.DenseMlpLayers.Sum(kind => kind.Count), gradients, "every MLP weight, once");
        foreach (InspectedGradient gradient in gradients)
        {
            double[] expected = golden.Doubles("step1/coefficients/" + gradient.Name);
            Assert.AreEqual(expected.Length, (int)gradient.Shape.Length, gradient.Name);
            Assert.IsLessThan(
                1e-4,
                Closeness.RelativeError(
                    Array.ConvertAll(gradient.Entries[GradientSpace.Rotated], Math.Abs), Array.ConvertAll(expected, Math.Abs)),
                gradient.Name);
            AssertSameNorm(gradient);
        }
    }

    /// <summary>In the published orientation the input side is multiplied by Pᵀ once more than undoes the right one:
    /// C_published = C Pᵀ Pᵀ.</summary>
    [TestMethod]
    public void The_published_orientation_has_P_transposed()
    {
        using var golden = new GoldenFile("tiny-bert-sparsegrad");
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice: false));
        using var preparation = new SparseGradPreparation(subject.Model);
        TokenizedExample[] batch = golden.Batch("prelim0/");
        subject.ForwardAndBackward(batch);
        IReadOnlyList<SparseGradBasis> bases = preparation.FindBases();
        using var inspector = new GradientInspector(subject.Model, seed: 0);
        inspector.Watch(batch);
        inspector.FindBases();
        var gradients = new List<InspectedGradient>();
        inspector.Inspect(batch, gradients.Add);

        foreach (InspectedGradient gradient in gradients)
        {
            float[] inputBasis = subject.Kernels.ToArray(bases[gradient.Kind].Input);
            double[] expected = TimesSquare(
                TimesSquare(Array.ConvertAll(gradient.Entries[GradientSpace.Rotated], entry => (double)entry), inputBasis, gradient.Shape),
                inputBasis, gradient.Shape);
            Assert.IsLessThan(
                1e-5, Closeness.RelativeError(gradient.Entries[GradientSpace.AsPublished], expected), gradient.Name);
        }

        foreach (SparseGradBasis basis in bases)
        {
            basis.Dispose();
        }
    }

    [TestMethod]
    public void Gradients_before_the_bases_are_refused()
    {
        using var golden = new GoldenFile("tiny-bert-sparsegrad");
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice: false));
        using var inspector = new GradientInspector(subject.Model, seed: 0);
        Assert.ThrowsExactly<InvalidOperationException>(() => inspector.Inspect(golden.Batch("step1/"), _ => { }));
    }

    [TestMethod]
    public void After_the_bases_nothing_is_watched_and_none_are_found_again()
    {
        using var golden = new GoldenFile("tiny-bert-sparsegrad");
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice: false));
        using var inspector = new GradientInspector(subject.Model, seed: 0);
        inspector.Watch(golden.Batch("prelim0/"));
        inspector.FindBases();

        Assert.ThrowsExactly<InvalidOperationException>(() => inspector.Watch(golden.Batch("prelim0/")));
        Assert.ThrowsExactly<InvalidOperationException>(() => inspector.FindBases());
        AssertNoGradients(subject.Model);
        inspector.Inspect(golden.Batch("step1/"), _ => { });
    }

    [TestMethod]
    public void Watching_goes_on_where_finding_the_bases_was_cancelled()
    {
        using var golden = new GoldenFile("tiny-bert-sparsegrad");
        using var subject = new GoldenModel(golden, TestDevice.Choose(onDevice: false));
        using var inspector = new GradientInspector(subject.Model, seed: 0);
        inspector.Watch(golden.Batch("prelim0/"));
        Assert.ThrowsExactly<OperationCanceledException>(() => inspector.FindBases(new CancellationToken(canceled: true)));

        inspector.Watch(golden.Batch("prelim1/"));

        AssertNoGradients(subject.Model);
        inspector.FindBases();
    }

    private static void AssertNoGradients(BertClassifier model) =>
        Assert.IsTrue(model.Parameters.All(parameter => parameter.Gradient is null), "a gradient was left in the model");

    /// <summary>A rotation keeps the energy.</summary>
    private static void AssertSameNorm(InspectedGradient gradient)
    {
        double[] norms = [.. gradient.Entries.Values.Select(entries => Math.Sqrt(entries.Sum(entry => (double)entry * entry)))];
        foreach (double norm in norms)
        {
            Assert.AreEqual(1, norm / norms[0], 1e-5, gradient.Name);
        }
    }

    private static double[] TimesSquare(double[] left, float[] right, Shape shape)
    {
        int width = shape.Columns;
        var product = new double[left.Length];
        for (int row = 0; row < shape.Rows; row++)
        {
            for (int column = 0; column < width; column++)
            {
                for (int k = 0; k < width; k++)
                {
                    product[row * width + column] += left[row * width + k] * right[k * width + column];
                }
            }
        }

        return product;
    }
}
