namespace VkSparseGrad.Devices;

/// <summary>The Vulkan objects of a host application, lent to us. They stay the host's: disposing our device leaves them.</summary>
/// <remarks>
/// The host must have enabled, when it made its device: Vulkan 1.2 or later, the feature <c>timelineSemaphore</c>, and a queue
/// family with compute. <c>subgroupSizeControl</c> is used where <see cref="SubgroupSizeControl"/> says it was enabled. The
/// physical device must offer subgroup operations of the kinds basic, arithmetic and shuffle in compute shaders. All of
/// this is checked, but what was enabled on a device cannot be asked, so a wrong promise shows in the validation layer only.
/// The queue is used by the thread that calls us and no other; calls to us and the host's own submissions must not overlap.
/// </remarks>
/// <param name="Instance">VkInstance.</param>
/// <param name="PhysicalDevice">VkPhysicalDevice.</param>
/// <param name="Device">VkDevice.</param>
/// <param name="Queue">VkQueue.</param>
/// <param name="QueueFamilyIndex">The family the queue is of.</param>
/// <param name="SubgroupSizeControl">Whether the feature was enabled, with Vulkan 1.3 or the extension.</param>
public sealed record HostDevice(
    nint Instance, nint PhysicalDevice, nint Device, nint Queue, int QueueFamilyIndex, bool SubgroupSizeControl = false);
