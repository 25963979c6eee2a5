using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Devices;

/// <summary>Tensors that nobody disposes. Field case 78: the garbage collector does not see device memory.</summary>
[TestClass]
public sealed class DroppedTensorsTests
{
    [TestMethod]
    public void Dropped_tensors_are_reclaimed_and_kept_ones_stay() => Drop(100_000);

    [TestMethod]
    public void Two_threads_with_a_device_each() => Parallel.Invoke(() => Drop(5_000), () => Drop(5_000));

    private static void Drop(int count)
    {
        using var device = new WatchedDevice();
        VulkanKernels kernels = device.Kernels;
        using Tensor a = kernels.Zeros(new Shape(256, 256), MemoryCategory.Scratch);
        using Tensor b = kernels.Zeros(new Shape(256, 256), MemoryCategory.Scratch);
        kernels.Fill(a, 2);
        using Tensor kept = Sum(kernels, a, b);
        long most = 0;

        // Most are not computed: 100,000 additions of 65,536 elements would take the software driver ten seconds.
        for (int i = 0; i < count; i++)
        {
            _ = i % 100 == 0 ? Sum(kernels, a, b) : kernels.Allocate(a.Shape, MemoryCategory.Scratch);
            most = Math.Max(most, kernels.CurrentMemory.Total);
        }

        Assert.IsLessThan(64L << 20, most);
        Assert.IsFalse(kernels.ToArray(kept).AsSpan().ContainsAnyExcept(2f));
    }

    private static Tensor Sum(VulkanKernels kernels, Tensor a, Tensor b)
    {
        Tensor sum = kernels.Allocate(a.Shape, MemoryCategory.Scratch);
        kernels.Copy(a, sum);
        kernels.Add(b, sum);
        return sum;
    }
}
