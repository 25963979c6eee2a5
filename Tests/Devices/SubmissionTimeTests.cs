using VkSparseGrad.Conformance;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Kernels;

namespace VkSparseGrad.Tests.Devices;

/// <summary>Field case 54: a dispatch that runs for seconds, which a desktop driver ends by resetting the device.</summary>
[TestClass]
public sealed class SubmissionTimeTests
{
    [TestMethod]
    [DataRow(MatmulKernel.Subgroup)]
    [DataRow(MatmulKernel.Tile)]
    public void A_large_product_is_many_submissions_and_stays_right(MatmulKernel kernel)
    {
        const int size = 1536;
        using var device = new WatchedDevice(new DeviceOptions { TargetSubmissionTime = TimeSpan.FromMilliseconds(10), Matmul = kernel });
        VulkanKernels kernels = device.Kernels;
        var random = new RandomValues(54);
        float[] left = random.Normal(size * size), right = random.Normal(size * size);
        using Tensor a = kernels.FromArray(new Shape(size, size), left);
        using Tensor b = kernels.FromArray(new Shape(size, size), right);
        using Tensor c = kernels.Zeros(new Shape(size, size), MemoryCategory.Scratch);
        device.Device.Stream.Finish();
        ulong before = device.Device.Stream.Submissions;

        kernels.Matmul(a, false, b, true, null, c);
        float[] product = kernels.ToArray(c);
        ulong submissions = device.Device.Stream.Submissions - before;

        // A piece has the rows of one tile, 128 at most, since not even those come down to 10 ms.
        Assert.IsGreaterThanOrEqualTo(size / 128ul, submissions);
        foreach (int row in (int[])[0, 63, 64, 777, size - 1])
        {
            foreach (int column in (int[])[0, 511, size - 1])
            {
                double sum = 0;
                for (int i = 0; i < size; i++)
                {
                    sum += (double)left[row * size + i] * right[column * size + i];
                }

                Assert.AreEqual(sum, product[row * size + column], 1e-3, $"row {row}, column {column}");
            }
        }
    }
}
