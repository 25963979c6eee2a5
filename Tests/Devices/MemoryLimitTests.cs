using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Devices;

/// <summary>Running out of device memory. Field case 85: a crash, a bare driver code, or something half done.</summary>
[TestClass]
public sealed class MemoryLimitTests
{
    [TestMethod]
    public void The_message_names_what_how_much_and_the_limit()
    {
        using var device = new WatchedDevice(new DeviceOptions { MemoryLimit = 64 << 20 });
        VulkanKernels kernels = device.Kernels;
        long before = kernels.CurrentMemory.Total;

        DeviceMemoryException error = Assert.ThrowsExactly<DeviceMemoryException>(
            () => kernels.Allocate(new Shape(5_000, 5_000), MemoryCategory.Gradients));

        Assert.Contains("a tensor of Gradients [5000, 5000]", error.Message);
        Assert.Contains("95.4 MiB", error.Message);
        Assert.Contains("the limit of 64 MiB", error.Message);
        Assert.AreEqual(before, kernels.CurrentMemory.Total);
        using Tensor small = kernels.FromArray(Shape.Vector(2), [1, 2]);
        Assert.AreEqual(2f, kernels.ToArray(small)[1]);
    }

    [TestMethod]
    public void Blocks_of_which_nothing_is_in_use_do_not_count()
    {
        using var device = new WatchedDevice(new DeviceOptions { MemoryLimit = 80 << 20 });
        VulkanKernels kernels = device.Kernels;

        // Two blocks: the kernels' own, and one that is too small for what comes next.
        Tensor first = kernels.Zeros(new Shape(4 << 10, 2 << 10), MemoryCategory.Scratch);
        Assert.AreEqual(2, device.Device.Memory.BlockCount);
        first.Dispose();

        using Tensor larger = kernels.Zeros(new Shape(5 << 10, 2 << 10), MemoryCategory.Scratch);

        Assert.AreEqual(0f, kernels.ToArray(larger)[^1]);
    }

    [TestMethod]
    [DataRow(TrainingMethod.SparseGrad)]
    [DataRow(TrainingMethod.Full)]
    public void A_failure_at_any_allocation_of_a_run_loses_nothing(TrainingMethod method)
    {
        using var device = new WatchedDevice();
        DeviceMemoryPool[] pools = [device.Device.Memory, device.Device.UploadMemory, device.Device.DownloadMemory];
        TokenizedExample[] examples = TinyBert.Examples(8);
        long before = device.Kernels.CurrentMemory.Total;
        Attempt(int.MaxValue); // makes the blocks that the others share
        int allocations = Attempt(int.MaxValue);
        Assert.IsGreaterThan(300, allocations);

        // All of the first, of which a step begins with the most different ones, and then a sample.
        foreach (int first in Enumerable.Range(1, 50).Concat(Enumerable.Range(0, 40).Select(i => 51 + i * (allocations - 51) / 40)))
        {
            Assert.ThrowsExactly<DeviceMemoryException>(() => Attempt(first), $"allocation {first}");
            Assert.AreEqual(before, device.Kernels.CurrentMemory.Total, $"after the failure of allocation {first}");
        }

        Assert.AreEqual(allocations, Attempt(int.MaxValue));

        // Trains a model until an allocation fails: the model's own, which come first, are let through.
        int Attempt(int firstRefused)
        {
            int count = 0;
            using BertClassifier model = TinyBert.Load(device.Kernels);
            try
            {
                Array.ForEach(pools, pool => pool.Refuses = () => ++count >= firstRefused);
                using var trainer = new Trainer(model, examples, TinyBert.Options(method) with { PreliminarySteps = 1 });
                trainer.Run();
                return count;
            }
            finally
            {
                Array.ForEach(pools, pool => pool.Refuses = null);
            }
        }
    }

    [TestMethod]
    public void A_step_that_failed_can_be_tried_again()
    {
        using var device = new WatchedDevice();
        float[] expected = Losses(0), actual = Losses(3);

        CollectionAssert.AreEqual(expected, actual);

        float[] Losses(int failures)
        {
            using BertClassifier model = TinyBert.Load(device.Kernels);
            using var trainer = new Trainer(model, TinyBert.Examples(8), TinyBert.Options(TrainingMethod.Full));
            var losses = new List<float>();
            while (!trainer.IsFinished)
            {
                for (int i = 1; i <= failures; i++)
                {
                    int left = 40 * i;
                    device.Device.Memory.Refuses = () => --left <= 0;
                    Assert.ThrowsExactly<DeviceMemoryException>(() => trainer.Step());
                    device.Device.Memory.Refuses = null;
                }

                losses.Add(trainer.Step().Loss);
            }

            return [.. losses];
        }
    }
}
