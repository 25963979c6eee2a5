using VkSparseGrad.Devices;

namespace VkSparseGrad.Cli;

/// <summary>The device of a command.</summary>
internal static class CommandDevice
{
    /// <summary>Opens a device; its compiled pipelines and how it divides products fastest are kept in the user's cache.</summary>
    /// <param name="selector">Index or part of the name; null for the first.</param>
    /// <param name="validation">Whether the validation layer watches.</param>
    /// <param name="tuning">Whether products are divided as was measured.</param>
    public static VulkanDevice Open(string? selector, bool validation = false, bool tuning = true) => VulkanDevice.Open(new DeviceOptions
    {
        Selector = selector,
        Validation = validation,
        PipelineCacheFolder = UserCache.Folder("pipelines"),
        TuningFolder = tuning ? UserCache.Folder("tuning") : null,
    });

    /// <exception cref="DeviceException">The validation layer has had something to say.</exception>
    public static void RequireNoValidationMessages(VulkanDevice device)
    {
        if (device.ValidationMessages.Count > 0)
        {
            throw new DeviceException(
                $"Vulkan's validation layer has {device.ValidationMessages.Count} messages, so nothing is written; the first: {device.ValidationMessages[0]}");
        }
    }
}
