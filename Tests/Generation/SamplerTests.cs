using VkSparseGrad.Generation;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Generation;

[TestClass]
public sealed class SamplerTests
{
    private static readonly float[] Logits = [0.5f, 2, -1, 2, 1.5f];

    [TestMethod]
    public void Greedy_takes_the_first_of_equal_largest()
    {
        var sampler = new Sampler(new SamplingOptions { IsGreedy = true, Seed = 3 });
        for (int i = 0; i < 20; i++)
            Assert.AreEqual(1, sampler.Next(Logits));
        Assert.AreEqual(0, sampler.Next([0, 0, 0]));
        Assert.AreEqual(2, sampler.Next([-3, float.MinValue, -2.5f]));
        Assert.AreEqual(0, sampler.Next([7]));
    }

    [TestMethod]
    [DataRow(1e-3, 1.0)]
    [DataRow(1e-300, 1.0)]
    [DataRow(1.0, 1e-9)]
    [DataRow(100.0, 1e-300)]
    public void Temperature_towards_0_and_a_tiny_share_take_the_likeliest(double temperature, double topP)
    {
        float[] logits = [0.5f, 2, -1, 2.25f, 1.5f];
        var sampler = new Sampler(new SamplingOptions { Temperature = temperature, TopP = topP });
        for (int i = 0; i < 200; i++)
            Assert.AreEqual(3, sampler.Next(logits));
    }

    [TestMethod]
    public void Of_two_equally_likely_a_tiny_share_keeps_the_first()
    {
        var sampler = new Sampler(new SamplingOptions { TopP = 0.01 });
        for (int i = 0; i < 50; i++)
            Assert.AreEqual(1, sampler.Next(Logits));
    }

    [TestMethod]
    public void The_seed_decides()
    {
        int[] Draw(ulong seed)
        {
            var sampler = new Sampler(new SamplingOptions { Seed = seed });
            return [.. Enumerable.Range(0, 100).Select(_ => sampler.Next(Logits))];
        }

        CollectionAssert.AreEqual(Draw(5), Draw(5));
        CollectionAssert.AreNotEqual(Draw(5), Draw(6));
        CollectionAssert.AreNotEqual(Draw(0), Draw(1));
    }

    /// <summary>Within five standard deviations of what softmax says.</summary>
    [TestMethod]
    [DataRow(1.0)]
    [DataRow(0.5)]
    [DataRow(3.0)]
    public void Frequencies_are_those_of_the_softmax(double temperature)
    {
        double[] weights = Array.ConvertAll(Logits, logit => Math.Exp(logit / temperature));
        Check(new SamplingOptions { Temperature = temperature, Seed = 1 }, Array.ConvertAll(weights, weight => weight / weights.Sum()));
    }

    /// <summary>Of 0.4, 0.3, 0.2, 0.1 the share 0.6 takes the first two, and 0.75 the third as well.</summary>
    [TestMethod]
    [DataRow(0.6, new[] { 0, 4.0 / 7, 0, 3.0 / 7 })]
    [DataRow(0.75, new[] { 0, 4.0 / 9, 2.0 / 9, 3.0 / 9 })]
    [DataRow(1.0, new[] { 0.1, 0.4, 0.2, 0.3 })]
    public void Frequencies_within_a_share(double topP, double[] expected) => Check(
        new SamplingOptions { TopP = topP, Seed = 2 }, expected,
        Array.ConvertAll(new[] { 0.1, 0.4, 0.2, 0.3 }, probability => (float)Math.Log(probability)));

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    [DataRow(float.NegativeInfinity)]
    public void A_logit_that_is_not_finite_is_refused(float value)
    {
        foreach (bool greedy in (bool[])[false, true])
        {
            var sampler = new Sampler(new SamplingOptions { IsGreedy = greedy });
            TrainingException e = Assert.ThrowsExactly<TrainingException>(() => sampler.Next([1, 2, value, 3]));
            Assert.Contains("The logit of token 2", e.Message);
        }

        Assert.Throws<ArgumentException>(() => new Sampler(new SamplingOptions()).Next([]));
    }

    [TestMethod]
    [DataRow(0.0, 1.0, "Temperature")]
    [DataRow(-1.0, 1.0, "Temperature")]
    [DataRow(double.NaN, 1.0, "Temperature")]
    [DataRow(double.PositiveInfinity, 1.0, "Temperature")]
    [DataRow(1.0, 0.0, "Top-p")]
    [DataRow(1.0, 1.01, "Top-p")]
    [DataRow(1.0, double.NaN, "Top-p")]
    public void A_setting_out_of_its_range_is_refused(double temperature, double topP, string name)
    {
        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(
            () => new Sampler(new SamplingOptions { Temperature = temperature, TopP = topP }));
        Assert.StartsWith(name + " is ", e.Message);
    }

    private static void Check(SamplingOptions options, double[] expected, float[]? logits = null)
    {
        const int Draws = 20_000;
        var sampler = new Sampler(options);
        var counts = new int[expected.Length];
        for (int i = 0; i < Draws; i++)
            counts[sampler.Next(logits ?? Logits)]++;
        for (int i = 0; i < expected.Length; i++)
        {
            double deviation = Math.Sqrt(Draws * expected[i] * (1 - expected[i]));
            Assert.AreEqual(Draws * expected[i], counts[i], 5 * deviation, $"token {i}");
        }
    }
}
