using Silk.NET.Vulkan;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Devices;

/// <summary>Working in a device that somebody else made; here a device of our own plays the host.</summary>
[TestClass]
public sealed class HostDeviceTests
{
    [TestMethod]
    public void The_host_keeps_its_device()
    {
        using var host = new WatchedDevice();
        for (int i = 0; i < 3; i++)
        {
            using VulkanDevice guest = VulkanDevice.FromHost(Lend(host.Device, host.Device.Facts.QueueFamily));
            using var kernels = new VulkanKernels(guest);
            Assert.AreEqual(8f, Double(kernels));
        }

        Assert.AreEqual(8f, Double(host.Kernels));
    }

    [TestMethod]
    public void A_queue_family_that_does_not_compute_is_refused()
    {
        using var host = new WatchedDevice();

        DeviceException error = Assert.ThrowsExactly<DeviceException>(() => VulkanDevice.FromHost(Lend(host.Device, 99)));

        Assert.Contains("it has no queue for compute", error.Message);
    }

    private static float Double(VulkanKernels kernels)
    {
        using Tensor a = kernels.FromArray(Shape.Vector(1), [4]);
        kernels.Add(a, a);
        return kernels.ToArray(a)[0];
    }

    private static HostDevice Lend(VulkanDevice device, int family)
    {
        Instance instance = device.Api.CurrentInstance!.Value;
        device.Api.GetDeviceQueue(device.Handle, (uint)device.Facts.QueueFamily, 0, out Queue queue);
        return new HostDevice(
            instance.Handle, device.Api.GetPhysicalDevices(instance).First().Handle, device.Handle.Handle, queue.Handle, family);
    }
}
