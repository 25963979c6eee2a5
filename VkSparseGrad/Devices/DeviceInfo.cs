namespace VkSparseGrad.Devices;

/// <summary>Kind of a Vulkan device.</summary>
public enum DeviceKind
{
    /// <summary>A card with memory of its own.</summary>
    Discrete,

    /// <summary>A GPU that shares memory with the CPU.</summary>
    Integrated,

    /// <summary>A GPU lent to a virtual machine.</summary>
    Virtual,

    /// <summary>A software driver.</summary>
    Cpu,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>What is known of a Vulkan device before it is opened.</summary>
/// <param name="Index">Its place in the order discrete, integrated, virtual, CPU; a valid selector.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Driver">The driver's name and version.</param>
/// <param name="ApiVersion">The Vulkan version it offers.</param>
/// <param name="DeviceLocalBytes">Size of its largest device-local memory heap.</param>
/// <param name="SubgroupSize">Invocations that run in step.</param>
/// <param name="Unsuitable">Why it cannot be used, or null.</param>
public sealed record DeviceInfo(
    int Index, string Name, DeviceKind Kind, string Driver, Version ApiVersion, long DeviceLocalBytes, int SubgroupSize,
    string? Unsuitable);
