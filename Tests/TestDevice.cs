using Microsoft.VisualStudio.TestTools.UnitTesting;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels.Vulkan;

namespace VkSparseGrad.Tests;

/// <summary>The Vulkan device under test, opened once for all tests, with the validation layer watching. It is Mesa's software
/// driver, which every machine can have, so that the same tests run everywhere.</summary>
[TestClass]
public static class TestDevice
{
    private static readonly Lazy<VulkanKernels> Opened = new(
        () => new VulkanKernels(VulkanDevice.Open(new DeviceOptions { Selector = "llvmpipe", Validation = true })));

    private static readonly Lazy<ReferenceKernels> OpenedReference = new();

    /// <summary>The kernels of the device. A machine without a Vulkan driver fails the tests; it does not skip them.</summary>
    internal static IKernels Kernels => Opened.Value;

    /// <summary>The kernels of the device, or the reference.</summary>
    internal static IKernels Choose(bool onDevice) => onDevice ? Kernels : OpenedReference.Value;

    /// <summary>The device itself.</summary>
    internal static VulkanDevice Device => Opened.Value.Device;

    /// <summary>Fails the run if the validation layer had anything to say.</summary>
    [AssemblyCleanup]
    public static void CloseAndCheck()
    {
        RealModel.Delete();
        if (!Opened.IsValueCreated)
        {
            return;
        }

        VulkanDevice device = Device;
        Opened.Value.Dispose();
        device.Dispose();
        IReadOnlyList<string> messages = device.ValidationMessages;
        Assert.IsEmpty(messages, string.Join("\n", messages));
    }
}
