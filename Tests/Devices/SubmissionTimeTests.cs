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

    /// <summary>Otherwise a fast device would wait for a whole step to be recorded.</summary>
    [TestMethod]
    public void The_device_begins_while_the_host_still_records()
    {
        using var device = new WatchedDevice(new DeviceOptions { TargetSubmissionTime = TimeSpan.FromHours(1) });
        VulkanKernels kernels = device.Kernels;
        using Tensor one = kernels.FromArray(Shape.Vector(4), [1, 2, 3, 4]), sum = kernels.Zeros(Shape.Vector(4), MemoryCategory.Scratch);
        device.Device.Stream.Finish();
        ulong before = device.Device.Stream.Submissions;

        void Record(int times)
        {
            for (int i = 0; i < times; i++)
            {
                kernels.Add(one, sum);
            }
        }

        Record(20);
        Assert.AreEqual(before, device.Device.Stream.Submissions, "a submission costs more than a few small kernels");
        Record(80);
        Assert.IsGreaterThan(before, device.Device.Stream.Submissions);
        CollectionAssert.AreEqual(new float[] { 100, 200, 300, 400 }, kernels.ToArray(sum));

        kernels.DefersSubmission = true;
        before = device.Device.Stream.Submissions;
        Record(100);
        Assert.AreEqual(before, device.Device.Stream.Submissions, "a host with a frame loop says when");
        kernels.DefersSubmission = false;
        CollectionAssert.AreEqual(new float[] { 200, 400, 600, 800 }, kernels.ToArray(sum));
    }
}
