using VkSparseGrad.Benchmarks.Steps;

namespace VkSparseGrad.Tests.Benchmarks;

[TestClass]
public sealed class GrowthSuiteTests
{
    [TestMethod]
    public void A_power_has_its_exponent()
    {
        Assert.AreEqual(1.5, GrowthSuite.Exponent([1, 3, 8], [2, 2 * Math.Pow(3, 1.5), 2 * Math.Pow(8, 1.5)]), 1e-12);
        Assert.AreEqual(0, GrowthSuite.Exponent([2, 4], [7, 7]), 1e-12);
    }

    [TestMethod]
    public void Every_size_has_its_time_and_memory_which_grows()
    {
        var small = new GrowthStep(Layers: 1, Hidden: 24, Sequences: 2, Length: 5);
        GrowthAxis[] axes = [new("layers", [1, 2], size => small with { Layers = size }), new("length", [5, 9], size => small with { Length = size })];
        var told = new List<string>();

        Dictionary<string, double> figures = new GrowthSuite(TestDevice.Device)
            .Run(axes, BenchedMethod.All, told.Add, CancellationToken.None).ToDictionary(item => item.Name, item => item.Value);

        Assert.HasCount(2 * BenchedMethod.All.Count * 6, figures);
        Assert.HasCount(4, told);
        Assert.IsTrue(figures.Values.All(double.IsFinite));
        foreach (BenchedMethod method in BenchedMethod.All)
        {
            double one = figures[$"growth_layers_{method.Name}_1_mib"], two = figures[$"growth_layers_{method.Name}_2_mib"];
            Assert.IsGreaterThan(one, two);
            Assert.AreEqual(Math.Log2(two / one), figures[$"growth_layers_{method.Name}_memory_exponent"], 1e-9);
            Assert.IsGreaterThan(0, figures[$"growth_length_{method.Name}_9_ms"]);
        }
    }
}
