namespace VkSparseGrad.Tests.Models;

/// <summary>Comparison of whole tensors.</summary>
internal static class Closeness
{
    /// <summary>Largest difference over the largest magnitude expected.</summary>
    public static double RelativeError(ReadOnlySpan<float> actual, ReadOnlySpan<double> expected)
    {
        Assert.AreEqual(expected.Length, actual.Length);
        double difference = 0, magnitude = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            Assert.IsTrue(float.IsFinite(actual[i]), $"element {i} is {actual[i]}");
            difference = Math.Max(difference, Math.Abs(actual[i] - expected[i]));
            magnitude = Math.Max(magnitude, Math.Abs(expected[i]));
        }

        return difference / Math.Max(magnitude, 1e-12);
    }
}
