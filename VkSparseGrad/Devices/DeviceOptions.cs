namespace VkSparseGrad.Devices;

/// <summary>How a device is opened and used.</summary>
public sealed record DeviceOptions
{
    /// <summary>Index or part of the name of the device, or null for the first in the order discrete, integrated, virtual,
    /// CPU.</summary>
    public string? Selector { get; init; }

    /// <summary>Whether Khronos' validation layer watches every call, with synchronization validation. Slow; for tests. Its
    /// messages are in <see cref="VulkanDevice.ValidationMessages"/>.</summary>
    public bool Validation { get; init; }

    /// <summary>Folder where compiled pipelines are kept between runs, one file per device and driver; null keeps none.</summary>
    public string? PipelineCacheFolder { get; init; }

    /// <summary>Folder of the measured tilings of <see cref="Kernels.Vulkan.Tuning.MatmulTuning"/>, one file per device and driver; where it
    /// has none for this device, or is null, products are divided by a rule. Results are the same to the bit.</summary>
    public string? TuningFolder { get; init; }

    /// <summary>Bytes of device memory that may be allocated at once; null leaves it to the device.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Longest time one submission should keep the device busy. Desktop drivers kill what runs for seconds.</summary>
    public TimeSpan TargetSubmissionTime { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Which kernels run for products and attention, and which forms of others; null chooses by the kind of device. Those for
    /// software drivers need subgroup operations.</summary>
    public MatmulKernel? Matmul { get; init; }

    /// <summary>Whether every tensor is surrounded by known bytes that are checked when it is freed, so that a kernel which
    /// writes beside its output is found out. Slow; for tests. What was found is in
    /// <see cref="Kernels.Vulkan.VulkanKernels.GuardFaults"/>.</summary>
    public bool Guards { get; init; }

    /// <summary>Whether kernels use subgroup arithmetic and shuffle where the device has them; else they go through shared
    /// memory.</summary>
    public bool SubgroupOperations { get; init; } = true;

    /// <summary>Whether the width of a subgroup is asked for where the device lets us; else it is the device's own.</summary>
    public bool SubgroupSizeControl { get; init; } = true;

    /// <summary>Whether kernels read matrices as texels on a software driver; else from storage buffers, as on any other device.</summary>
    public bool TexelLoads { get; init; } = true;

    /// <summary>Most invocations of a workgroup, where it shall be below the device's own limit; at least 128.</summary>
    public int? MaxWorkgroupInvocations { get; init; }

    /// <summary>Most shared memory of a workgroup in bytes, where it shall be below the device's own limit; at least
    /// 16,384.</summary>
    public int? MaxSharedMemory { get; init; }

    /// <summary>Whether pipelines are compiled with the driver's statistics, which takes
    /// <c>VK_KHR_pipeline_executable_properties</c>; for <see cref="PipelineLibrary.Statistics"/>.</summary>
    internal bool PipelineStatistics { get; init; }

    /// <summary>Largest range of one storage-buffer binding in bytes, where it shall be below the device's own limit.</summary>
    public long? MaxStorageBufferRange { get; init; }
}

/// <summary>The two classes of kernels, named by how they multiply matrices.</summary>
public enum MatmulKernel
{
    /// <summary>One subgroup a tile, no shared memory, no barriers: what software drivers want.</summary>
    Subgroup,

    /// <summary>One workgroup a tile in shared memory: what GPUs want.</summary>
    Tile,
}
