using VkSparseGrad.Optimizers;

namespace VkSparseGrad.Tests.Training;

/// <summary>The learning rate against PyTorch's get_linear_schedule_with_warmup, by hand.</summary>
[TestClass]
public sealed class LinearScheduleTests
{
    [TestMethod]
    [DataRow(0, 4, new[] { 8.0, 6, 4, 2, 0 }, DisplayName = "no warm-up")]
    [DataRow(2, 6, new[] { 0.0, 4, 8, 6, 4, 2, 0 }, DisplayName = "two steps of warm-up")]
    [DataRow(4, 4, new[] { 0.0, 2, 4, 6, 0 }, DisplayName = "warm-up throughout")]
    [DataRow(0, 1, new[] { 8.0, 0 }, DisplayName = "one step")]
    public void The_rate_rises_and_falls_in_a_straight_line(int warmup, int total, double[] expected)
    {
        var schedule = new LinearSchedule(8, warmup, total);

        CollectionAssert.AreEqual(expected, Enumerable.Range(0, expected.Length).Select(schedule.At).ToArray());
    }

    [TestMethod]
    public void Past_the_end_the_rate_stays_zero() => Assert.AreEqual(0, new LinearSchedule(8, 1, 4).At(100));
}
