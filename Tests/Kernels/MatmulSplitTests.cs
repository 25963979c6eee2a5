using VkSparseGrad.Conformance;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;

namespace VkSparseGrad.Tests.Kernels;

/// <summary>Products whose depth is cut into parts.</summary>
[TestClass]
public sealed class MatmulSplitTests
{
    [TestMethod]
    [DataRow(4096, 4096, 4096, 1, DisplayName = "tiles enough")]
    [DataRow(768, 768, 2048, 5)]
    [DataRow(2048, 768, 3072, 3, DisplayName = "the parts' memory")]
    [DataRow(16, 768, 3072, 8, DisplayName = "the most parts")]
    [DataRow(16, 768, 768, 4, DisplayName = "a handful of tiles")]
    [DataRow(2048, 384, 768, 1, DisplayName = "too little depth")]
    [DataRow(1, 1, 191, 1)]
    [DataRow(3072, 768, 65536, 1, DisplayName = "more than an invocation may loop")]
    [DataRow(128, 32000, 4096, 1, DisplayName = "more than any device binds")]
    [DataRow(0, 5, 3072, 1)]
    public void Parts_follow_from_the_sizes(int m, int n, int k, int expected)
    {
        MatmulSplit split = MatmulSplit.Of(m, n, k);

        Assert.AreEqual(expected, split.Count);
        Assert.AreEqual(expected == 1, split.Depth == k, $"{split}");
    }

    [TestMethod]
    public void Parts_are_whole_quads_and_cover_the_depth()
    {
        foreach (int k in (int[])[384, 385, 771, 1541, 2047, 16384, 40000])
        {
            MatmulSplit split = MatmulSplit.Of(16, 64, k);

            Assert.IsGreaterThan(1, split.Count, $"{k}");
            Assert.AreEqual(0, split.Depth % 4, $"{k}");
            Assert.IsTrue((split.Count - 1) * (long)split.Depth < k && split.Count * (long)split.Depth >= k, $"{k}: {split}");
        }
    }

    /// <summary>Where sums are cut must not depend on how fast the device is, nor may a product be refused for its depth.</summary>
    [TestMethod]
    [DataRow(36, 132, 1541)]
    [DataRow(36, 132, 140000)]
    public void A_slow_device_has_the_same_bits_in_more_submissions(int m, int n, int k)
    {
        (float[] slow, ulong many) = Product(TimeSpan.FromMicroseconds(1), (m, n, k));
        (float[] fast, ulong few) = Product(TimeSpan.FromHours(1), (m, n, k));

        Assert.IsGreaterThan(few, many);
        CollectionAssert.AreEqual(fast, slow);
    }

    private static (float[] Values, ulong Submissions) Product(TimeSpan target, (int M, int N, int K) size)
    {
        using var device = new WatchedDevice(new DeviceOptions { Matmul = MatmulKernel.Tile, TargetSubmissionTime = target });
        using var run = new CaseRun(device.Kernels, new RandomValues(11));
        Tensor a = run.Normal(size.K, size.M), b = run.Normal(size.K, size.N), c = run.Normal(size.M, size.N);
        device.Device.Stream.Finish();
        ulong before = device.Device.Stream.Submissions;
        device.Kernels.Matmul(a, true, b, false, null, c, accumulate: true);
        return (device.Kernels.ToArray(c), device.Device.Stream.Submissions - before);
    }
}
