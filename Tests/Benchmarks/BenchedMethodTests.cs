using VkSparseGrad.Benchmarks;
using VkSparseGrad.Benchmarks.Steps;

namespace VkSparseGrad.Tests.Benchmarks;

/// <summary>How the times of single steps become the time of a step.</summary>
[TestClass]
public sealed class BenchedMethodTests
{
    [TestMethod]
    [DataRow(new[] { 3.0, 1, 2 }, 2.0)]
    [DataRow(new[] { 4.0, 1, 2, 3 }, 2.5)]
    [DataRow(new[] { 7.0 }, 7.0)]
    public void Median(double[] values, double expected) => Assert.AreEqual(expected, Measurement.Median(values));

    [TestMethod]
    public void Steps_that_are_all_alike_give_their_median() =>
        Assert.AreEqual(2, Method("full").Mean([9, 2, 1, 3], warmUp: 1));

    /// <summary>Every third step of the run is made to refresh, but every 20th of a real one: (10 + 19 * 2) / 20.</summary>
    [TestMethod]
    public void Refreshes_count_as_often_as_they_come() =>
        Assert.AreEqual(2.4, Method("sparsegrad_rows_8th").Mean([99, 2, 2, 10], warmUp: 1), 1e-12);

    [TestMethod]
    public void One_of_the_methods_is_the_default() =>
        Assert.HasCount(1, BenchedMethod.All.Where(method => method.IsDefaultSparseGrad));

    private static BenchedMethod Method(string name) => BenchedMethod.All.Single(method => method.Name == name);
}
