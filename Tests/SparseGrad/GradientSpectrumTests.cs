using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.SparseGrad;

[TestClass]
public sealed class GradientSpectrumTests
{
    // Squares 1, 4, 9, 16, 0, 25, 36, 9, 0, 0: 100 in all.
    private static readonly float[] Ten = [1, -2, 3, -4, 0, 5, -6, 3, 0, 0];
    private static readonly Shape TwoByFive = new(2, 5);

    [TestMethod]
    [DataRow(0.001, 0.36)]
    [DataRow(0.1, 0.36)]
    [DataRow(0.19, 0.36)]
    [DataRow(0.2, 0.61)]
    [DataRow(0.5, 0.95)]
    [DataRow(1.0, 1.0)]
    public void Energy_of_the_largest_entries(double fraction, double share) =>
        Assert.AreEqual(share, new GradientSpectrum(Ten).EnergyShare(fraction), 1e-12);

    [TestMethod]
    public void Magnitudes_by_rank_over_the_norm()
    {
        var spectrum = new GradientSpectrum(Ten);
        double[] magnitudes = [.. Enumerable.Range(1, spectrum.Count).Select(spectrum.RelativeMagnitude)];
        AssertEqual([0.6, 0.5, 0.4, 0.3, 0.3, 0.2, 0.1, 0, 0, 0], magnitudes);
    }

    [TestMethod]
    public void Ranks_are_evenly_spaced_on_a_logarithmic_axis()
    {
        CollectionAssert.AreEqual(new[] { 1, 2, 4, 10, 21, 46, 100, 215, 300 }, GradientSpectrum.LogarithmicRanks(300, 3).ToArray());
        CollectionAssert.AreEqual(new[] { 1, 2 }, GradientSpectrum.LogarithmicRanks(2, 10).ToArray());
        CollectionAssert.AreEqual(new[] { 1 }, GradientSpectrum.LogarithmicRanks(1, 10).ToArray());
    }

    /// <summary>With a threshold of 0.5 of 6 the second row has the entries 5, -6; the first has -4.</summary>
    [TestMethod]
    [DataRow(0.01, 1.0, 0.8)]
    [DataRow(0.5, 1.0, 0.6)]
    [DataRow(0.7, 0.5, 0.4)]
    public void Rows_and_columns_in_use(double threshold, double rows, double columns) =>
        Assert.AreEqual((rows, columns), MagnitudeMap.ActiveShares(TwoByFive, Ten, threshold));

    [TestMethod]
    public void Blocks_become_their_largest_magnitude()
    {
        float[,] maxima = MagnitudeMap.BlockMaxima(TwoByFive, Ten, new Shape(2, 2));
        CollectionAssert.AreEqual(new float[,] { { 6, 4, 0 } }, maxima);
        CollectionAssert.AreEqual(new float[,] { { 3, 4 }, { 6, 0 } }, MagnitudeMap.BlockMaxima(TwoByFive, Ten, new Shape(1, 3)));
    }

    [TestMethod]
    public void Statistics_are_means_over_the_gradients()
    {
        var statistics = new SpaceStatistics([0.1, 1]);
        statistics.Add(TwoByFive, Ten);
        statistics.Add(TwoByFive, [0, 0, 0, 0, 0, 0, 0, 0, 0, -8]);
        AssertEqual([(0.36 + 1) / 2, 1], statistics.EnergyShares);
        Assert.AreEqual((1, (0.6 + 1) / 2), (statistics.Curve[0].Rank, Math.Round(statistics.Curve[0].Magnitude, 12)));
        AssertEqual([1, 0.5], statistics.ActiveRows);
        AssertEqual([0.8, 0.2], statistics.ActiveColumns);
    }

    [TestMethod]
    public void A_histogram_counts_every_share_once() => CollectionAssert.AreEqual(
        new[] { 2, 1, 0, 2 }, SpaceStatistics.Histogram([0, 0.24, 0.25, 0.99, 1], 4));

    private static void AssertEqual(double[] expected, IReadOnlyList<double> actual)
    {
        Assert.HasCount(expected.Length, actual);
        foreach ((double one, double other) in expected.Zip(actual))
        {
            Assert.AreEqual(one, other, 1e-7);
        }
    }
}
