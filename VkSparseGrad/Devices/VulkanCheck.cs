using Silk.NET.Vulkan;

namespace VkSparseGrad.Devices;

/// <summary>Turns Vulkan's result codes into exceptions.</summary>
internal static class VulkanCheck
{
    public static void Ok(Result result, string what)
    {
        switch (result)
        {
            case Result.Success:
                return;
            case Result.ErrorDeviceLost:
                throw new DeviceException(
                    $"The device was lost during {what}: the driver reset it, often because a submission ran too long. " +
                    "Start again, with a smaller batch if it happens again.");
            case Result.ErrorOutOfDeviceMemory:
            case Result.ErrorOutOfHostMemory:
                throw new DeviceMemoryException(
                    $"Out of memory during {what}. Use a smaller batch size or a shorter maximum length.");
            default:
                throw new DeviceException($"Vulkan failed in {what}: {result}.");
        }
    }
}
