using VkSparseGrad.Optimizers;

namespace VkSparseGrad.Tests.Training;

/// <summary>The learning rate against PyTorch's schedules with warm-up, by hand.</summary>
[TestClass]
public sealed class LearningRateScheduleTests
{
    [TestMethod]
    [DataRow(0, 4, LearningRateDecay.Linear, new[] { 8.0, 6, 4, 2, 0 }, DisplayName = "linear, no warm-up")]
    [DataRow(2, 6, LearningRateDecay.Linear, new[] { 0.0, 4, 8, 6, 4, 2, 0 }, DisplayName = "linear, two steps of warm-up")]
    [DataRow(4, 4, LearningRateDecay.Linear, new[] { 0.0, 2, 4, 6, 0 }, DisplayName = "linear, warm-up throughout")]
    [DataRow(0, 1, LearningRateDecay.Linear, new[] { 8.0, 0 }, DisplayName = "linear, one step")]
    [DataRow(2, 5, LearningRateDecay.Constant, new[] { 0.0, 4, 8, 8, 8 }, DisplayName = "constant, two steps of warm-up")]
    [DataRow(1, 5, LearningRateDecay.Cosine, new[] { 0.0, 8, 6.82842712474619, 4, 1.17157287525381, 0 }, DisplayName = "cosine, one step of warm-up")]
    public void The_rate_rises_and_goes_on_as_the_decay_says(int warmup, int total, LearningRateDecay decay, double[] expected)
    {
        var schedule = new LearningRateSchedule(8, warmup, total, decay);

        for (int step = 0; step < expected.Length; step++)
            Assert.AreEqual(expected[step], schedule.At(step), 1e-12, $"step {step}");
    }

    [TestMethod]
    [DataRow(LearningRateDecay.Linear)]
    [DataRow(LearningRateDecay.Cosine)]
    public void Past_the_end_the_rate_stays_zero(LearningRateDecay decay) =>
        Assert.AreEqual(0, new LearningRateSchedule(8, 1, 4, decay).At(100));
}
