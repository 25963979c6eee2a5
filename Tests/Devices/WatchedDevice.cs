using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;

namespace VkSparseGrad.Tests.Devices;

/// <summary>A device of its own for one test, with the validation layer watching. Closing it fails the test if the layer had
/// anything to say, leaked objects included.</summary>
internal sealed class WatchedDevice : IDisposable
{
    public WatchedDevice(DeviceOptions? options = null)
    {
        Device = VulkanDevice.Open((options ?? new DeviceOptions()) with { Validation = true });
        Kernels = new VulkanKernels(Device);
    }

    public VulkanDevice Device { get; }

    public VulkanKernels Kernels { get; }

    public void Dispose()
    {
        Kernels.Dispose();
        Device.Dispose();
        IReadOnlyList<string> messages = Device.ValidationMessages;
        Assert.IsEmpty(messages, string.Join("\n", messages));
    }
}
