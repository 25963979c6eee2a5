using VkSparseGrad.Devices;

namespace VkSparseGrad.Cli.Train;

/// <summary>The device of a run.</summary>
internal static class TrainDevice
{
    public static VulkanDevice Open(TrainSettings settings) => VulkanDevice.Open(new DeviceOptions
    {
        Selector = settings.Device,
        Validation = settings.Validation,
        PipelineCacheFolder = UserCache.Folder("pipelines"),
    });

    public static void RequireNoValidationMessages(VulkanDevice device)
    {
        if (device.ValidationMessages.Count > 0)
        {
            throw new DeviceException(
                $"Vulkan's validation layer has {device.ValidationMessages.Count} messages, so nothing is written; the first: {device.ValidationMessages[0]}");
        }
    }
}
