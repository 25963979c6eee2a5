using VkSparseGrad.Conformance;
using VkSparseGrad.Conformance.Cases;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Devices;

/// <summary>A write beside a tensor is found even where every result is right.</summary>
[TestClass]
public sealed class GuardTests
{
    [TestMethod]
    [DataRow(-1, "1 elements before")]
    [DataRow(5, "1 elements behind")]
    [DataRow(40, "36 elements behind")]
    public void A_write_beside_a_tensor_is_told(int place, string where)
    {
        using var device = new WatchedDevice(new DeviceOptions { Guards = true });
        using (Tensor tensor = device.Kernels.Zeros(Shape.Vector(5), MemoryCategory.Scratch))
        {
            MemorySlice slice = ((VulkanTensor)tensor).Slice;
            device.Device.Stream.Fill(slice.Part(place * sizeof(float), sizeof(float)), sizeof(float), 0);
        }

        Assert.HasCount(1, device.Kernels.GuardFaults);
        Assert.Contains($"{where} a tensor of Scratch with 5 elements", device.Kernels.GuardFaults[0]);
    }

    [TestMethod]
    public void A_case_that_writes_beside_its_tensor_fails()
    {
        using var device = new WatchedDevice(new DeviceOptions { Guards = true });
        using var run = new ConformanceRun(device.Kernels);
        var item = new KernelCase("Fill", "too far", subject =>
        {
            Tensor y = subject.Blank(1, 3);
            subject.Kernels.Fill(y, 1);
            if (y is VulkanTensor own)
            {
                device.Device.Stream.Fill(own.Slice.Part(3 * sizeof(float), sizeof(float)), sizeof(float), 1);
            }

            subject.Compare("y", y, 0);
        });

        CaseResult result = run.Run(item);

        Assert.AreEqual(CaseStatus.Failed, result.Status);
        Assert.AreEqual(0, result.Error, "The values themselves are right.");
        Assert.Contains("1 elements behind", result.Message!);
    }

    [TestMethod]
    public void Without_the_option_nothing_is_written_or_checked()
    {
        using var device = new WatchedDevice();
        long bytes;
        using (Tensor tensor = device.Kernels.Zeros(Shape.Vector(64), MemoryCategory.Weights))
        {
            bytes = device.Kernels.CurrentMemory[MemoryCategory.Weights];
        }

        Assert.AreEqual(256, bytes);
        Assert.IsEmpty(device.Kernels.GuardFaults);
    }
}
