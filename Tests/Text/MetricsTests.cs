using System.Text.Json;
using VkSparseGrad.Training.Metrics;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class MetricsTests
{
    private static readonly float[] Labels = [1, 0, 0, 1];
    private static readonly float[] Ones = [1, 1, 1, 1];

    [TestMethod]
    public void One_class_predicted_for_labels_that_vary()
    {
        Assert.AreEqual(0, Metric.MatthewsCorrelation.Compute(Ones, Labels));
        Assert.AreEqual(0.5, Metric.Accuracy.Compute(Ones, Labels));
        Assert.AreEqual(2 / 3.0, Metric.F1.Compute(Ones, Labels)!.Value, 1e-12);
    }

    [TestMethod]
    public void Labels_of_one_class_leave_the_correlation_undefined()
    {
        Assert.IsNull(Metric.MatthewsCorrelation.Compute(Ones, Ones));
        Assert.IsNull(Metric.MatthewsCorrelation.Compute(Labels, Ones));
        Assert.AreEqual(1, Metric.Accuracy.Compute(Ones, Ones));
    }

    [TestMethod]
    public void Undefined_results_leave_JSON_valid() =>
        Assert.AreEqual("null", JsonSerializer.Serialize(Metric.MatthewsCorrelation.Compute(Ones, Ones)));

    // By scikit-learn's definitions: TP 3, TN 1, FP 2, FN 1.
    [TestMethod]
    public void A_mixed_case()
    {
        int[] predictions = [1, 1, 1, 1, 1, 0, 0];
        int[] labels = [1, 1, 1, 0, 0, 0, 1];

        Assert.AreEqual(4 / 7.0, Accuracy.Of(predictions, labels)!.Value, 1e-12);
        Assert.AreEqual(6 / 9.0, F1Score.Of(predictions, labels)!.Value, 1e-12);
        Assert.AreEqual(1 / Math.Sqrt(5 * 4 * 3 * 2), MatthewsCorrelation.Of(predictions, labels)!.Value, 1e-12);
    }

    [TestMethod]
    public void Agreement_and_its_opposite_are_one_and_minus_one()
    {
        int[] labels = [1, 0, 0, 1, 0];
        int[] opposite = [0, 1, 1, 0, 1];

        Assert.AreEqual(1.0, MatthewsCorrelation.Of(labels, labels)!.Value, 1e-12);
        Assert.AreEqual(-1.0, MatthewsCorrelation.Of(opposite, labels)!.Value, 1e-12);
        Assert.AreEqual(0, F1Score.Of(opposite, labels));
    }

    [TestMethod]
    public void Counts_beyond_32_bits_do_not_overflow()
    {
        var labels = new int[400_000];
        labels.AsSpan(0, 200_000).Fill(1);

        Assert.AreEqual(1.0, MatthewsCorrelation.Of(labels, labels)!.Value, 1e-12);
    }

    [TestMethod]
    public void A_class_that_is_neither_0_nor_1_is_refused() =>
        Assert.ThrowsExactly<ArgumentException>(() => MatthewsCorrelation.Of([2], [1]));

    [TestMethod]
    public void F1_without_a_positive_is_undefined() => Assert.IsNull(F1Score.Of([0, 0], [0, 0]));

    [TestMethod]
    public void Correlations_by_hand()
    {
        float[] scores = [1, 2, 3, 4];

        // About the means: Σxy = 5.5, Σy² = 5, Σx² = 8.75.
        Assert.AreEqual(5.5 / Math.Sqrt(5 * 8.75), PearsonCorrelation.Of([0, 2, 1, 4], scores)!.Value, 1e-9);
        Assert.AreEqual(0.8, SpearmanCorrelation.Of([0, 2, 1, 4], scores)!.Value, 1e-9);
        Assert.AreEqual(1.0, SpearmanCorrelation.Of([1, 10, 100, 1000], scores)!.Value, 1e-9);
        Assert.AreEqual(-1.0, PearsonCorrelation.Of([8, 6, 4, 2], scores)!.Value, 1e-9);
    }

    // Ranks 0, 1.5, 1.5, 3 against 0..3: 4.5 / √(4.5 · 5).
    [TestMethod]
    public void Equal_values_share_their_mean_rank() =>
        Assert.AreEqual(4.5 / Math.Sqrt(4.5 * 5), SpearmanCorrelation.Of([5, 7, 7, 9], [1, 2, 3, 4])!.Value, 1e-9);

    [TestMethod]
    [DataRow(new[] { 2.5f, 2.5f, 2.5f }, DisplayName = "constant")]
    [DataRow(new[] { 0.1f, 0.1f, 0.1f }, DisplayName = "constant, with a mean that rounds")]
    [DataRow(new[] { 1f, float.NaN, 2f }, DisplayName = "not a number")]
    public void Correlations_without_meaning_are_undefined(float[] predictions)
    {
        Assert.IsNull(Metric.Pearson.Compute(predictions, [1, 2, 3]));
        Assert.IsNull(Metric.Spearman.Compute(predictions, [1, 2, 3]));
    }

    [TestMethod]
    public void Nothing_measured_is_undefined_for_every_metric()
    {
        foreach (var metric in new[] { Metric.Accuracy, Metric.MatthewsCorrelation, Metric.F1, Metric.Pearson, Metric.Spearman })
        {
            Assert.IsNull(metric.Compute([], []), metric.Name);
            Assert.ThrowsExactly<ArgumentException>(() => metric.Compute([1], []), metric.Name);
        }
    }
}
