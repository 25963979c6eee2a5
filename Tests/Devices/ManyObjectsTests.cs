using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Devices;

/// <summary>Many small things. Field case 56: descriptor pools that run out, and 4,096 allocations that are gone at once.</summary>
[TestClass]
public sealed class ManyObjectsTests
{
    [TestMethod]
    public void Twenty_thousand_tiny_ops_without_a_read_back()
    {
        using var device = new WatchedDevice();
        VulkanKernels kernels = device.Kernels;
        using Tensor one = kernels.FromArray(Shape.Vector(1), [1]);
        using Tensor sum = kernels.Zeros(Shape.Vector(1), MemoryCategory.Scratch);

        for (int i = 0; i < 20_000; i++)
        {
            kernels.Add(one, sum);
        }

        Assert.AreEqual(20_000f, kernels.ToArray(sum)[0]);
        Assert.IsGreaterThan(1ul, device.Device.Stream.Submissions);
    }

    [TestMethod]
    public void Six_thousand_live_tensors_share_a_few_blocks()
    {
        using var device = new WatchedDevice();
        VulkanKernels kernels = device.Kernels;
        Tensor[] tensors = [.. Enumerable.Range(0, 6_000).Select(i => kernels.FromArray(Shape.Vector(1), [i]))];

        Assert.AreEqual(1, device.Device.Memory.BlockCount);
        Assert.AreEqual(5_999f, kernels.ToArray(tensors[^1])[0]);
        Assert.AreEqual(17f, kernels.ToArray(tensors[17])[0]);
        Array.ForEach(tensors, tensor => tensor.Dispose());
    }

    /// <summary>Field case 81: caches that grow with every new shape.</summary>
    [TestMethod]
    public void Varying_lengths_keep_the_caches_bounded()
    {
        using var device = new WatchedDevice();
        using BertClassifier model = TinyBert.Load(device.Kernels);
        TokenizedExample[] examples = TinyBert.Examples(240);
        TrainingOptions options = TinyBert.Options(TrainingMethod.SparseGrad) with { BatchSize = 3 };
        using var trainer = new Trainer(model, examples, options);

        Run(30);
        int pipelines = device.Device.Pipelines.Count, blocks = device.Device.Memory.BlockCount;
        Run(80);

        Assert.IsLessThanOrEqualTo(pipelines + 2, device.Device.Pipelines.Count);
        Assert.AreEqual(blocks, device.Device.Memory.BlockCount);

        void Run(int until)
        {
            while (trainer.CompletedSteps < until)
            {
                trainer.Step();
            }
        }
    }
}
