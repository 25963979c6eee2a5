using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Silk.NET.Vulkan;

namespace VkSparseGrad.Devices;

/// <summary>Everything we ask of a physical device, read once.</summary>
internal sealed unsafe record PhysicalDeviceFacts
{
    private const SubgroupFeatureFlags UsedSubgroupOperations =
        SubgroupFeatureFlags.BasicBit | SubgroupFeatureFlags.ArithmeticBit | SubgroupFeatureFlags.ShuffleBit;

    /// <summary>The largest workgroup of our kernels on a device of small ones; what Vulkan promises of every device.</summary>
    private const int NeededInvocations = 128;

    /// <summary>The most storage buffers of a kernel of ours, those of the attention gradient.</summary>
    private const int NeededBuffers = 10;

    /// <summary>What Vulkan promises of every device.</summary>
    private const uint NeededBindingBytes = 1 << 27;

    private const string SubgroupSizeControlExtension = "VK_EXT_subgroup_size_control";

    /// <summary>The extension that a compiler's statistics need.</summary>
    public const string StatisticsExtension = "VK_KHR_pipeline_executable_properties";

    public required string Name { get; init; }

    public required DeviceKind Kind { get; init; }

    public required string Driver { get; init; }

    public required Version ApiVersion { get; init; }

    public required PhysicalDeviceLimits Limits { get; init; }

    public required PhysicalDeviceMemoryProperties Memory { get; init; }

    public required string CacheName { get; init; }

    public required int SubgroupSize { get; init; }

    public required int MinSubgroupSize { get; init; }

    public required int MaxSubgroupSize { get; init; }

    /// <summary>Whether the width of a subgroup can be asked for in compute pipelines.</summary>
    public required bool SubgroupSizeControl { get; init; }

    /// <summary>Whether compute shaders have subgroup arithmetic and shuffle.</summary>
    public required bool SubgroupOperations { get; init; }

    /// <summary>Whether kernels read matrices as texels where they can. Software drivers do so faster than from storage
    /// buffers, whose every load they check by itself.</summary>
    public required bool TexelLoads { get; init; }

    /// <summary>Whether the compiler tells its statistics.</summary>
    public required bool PipelineStatistics { get; init; }

    public required int MaxWorkgroupInvocations { get; init; }

    /// <summary>Bytes of shared memory a workgroup may have.</summary>
    public required int MaxSharedMemory { get; init; }

    /// <summary>The extension that size control needs, or null where it is core or absent.</summary>
    public required string? SubgroupSizeControlExtensionName { get; init; }

    public required long MaxAllocation { get; init; }

    public required int QueueFamily { get; init; }

    /// <summary>Whether a timestamp can be written on the queue family.</summary>
    public required bool Timestamps { get; init; }

    /// <summary>Why the device cannot be used, or null.</summary>
    public required string? Unsuitable { get; init; }

    /// <param name="api">Vulkan.</param>
    /// <param name="device">The device.</param>
    /// <param name="queueFamily">The queue family to use, or null for the first that computes.</param>
    public static PhysicalDeviceFacts Read(Vk api, PhysicalDevice device, int? queueFamily = null)
    {
        api.GetPhysicalDeviceProperties(device, out PhysicalDeviceProperties first);
        var version = new Version((int)(first.ApiVersion >> 22), (int)((first.ApiVersion >> 12) & 0x3FF), (int)(first.ApiVersion & 0xFFF));
        api.GetPhysicalDeviceMemoryProperties(device, out PhysicalDeviceMemoryProperties memory);
        string name = Text(first.DeviceName);
        DeviceKind kind = first.DeviceType switch
        {
            PhysicalDeviceType.DiscreteGpu => DeviceKind.Discrete,
            PhysicalDeviceType.IntegratedGpu => DeviceKind.Integrated,
            PhysicalDeviceType.VirtualGpu => DeviceKind.Virtual,
            PhysicalDeviceType.Cpu => DeviceKind.Cpu,
            _ => DeviceKind.Other,
        };

        bool modern = version >= new Version(1, 2);
        var sizeControl = new PhysicalDeviceSubgroupSizeControlProperties
        {
            SType = StructureType.PhysicalDeviceSubgroupSizeControlProperties,
        };
        var driver = new PhysicalDeviceDriverProperties { SType = StructureType.PhysicalDeviceDriverProperties };
        var subgroup = new PhysicalDeviceSubgroupProperties { SType = StructureType.PhysicalDeviceSubgroupProperties };
        var maintenance = new PhysicalDeviceMaintenance3Properties { SType = StructureType.PhysicalDeviceMaintenance3Properties };
        var timeline = new PhysicalDeviceTimelineSemaphoreFeatures { SType = StructureType.PhysicalDeviceTimelineSemaphoreFeatures };
        var sizeControlFeatures = new PhysicalDeviceSubgroupSizeControlFeatures
        {
            SType = StructureType.PhysicalDeviceSubgroupSizeControlFeatures,
        };
        bool sizeControlKnown = version >= new Version(1, 3) || HasExtension(api, device, SubgroupSizeControlExtension);
        if (modern)
        {
            subgroup.PNext = &driver;
            driver.PNext = &maintenance;
            maintenance.PNext = sizeControlKnown ? &sizeControl : null;
            var properties = new PhysicalDeviceProperties2 { SType = StructureType.PhysicalDeviceProperties2, PNext = &subgroup };
            api.GetPhysicalDeviceProperties2(device, &properties);
            timeline.PNext = sizeControlKnown ? &sizeControlFeatures : null;
            var features = new PhysicalDeviceFeatures2 { SType = StructureType.PhysicalDeviceFeatures2, PNext = &timeline };
            api.GetPhysicalDeviceFeatures2(device, &features);
        }

        bool canRequire = sizeControlFeatures.SubgroupSizeControl && sizeControl.RequiredSubgroupSizeStages.HasFlag(ShaderStageFlags.ComputeBit);
        (int family, bool timestamps) = ComputeQueueFamily(api, device, queueFamily);
        string? unsuitable = null;
        if (!modern)
        {
            unsuitable = $"it offers Vulkan {version}; 1.2 or later is needed, so update its driver";
        }
        else if (!timeline.TimelineSemaphore)
        {
            unsuitable = "its driver has no timeline semaphores; update the driver";
        }
        else if (family < 0)
        {
            unsuitable = "it has no queue for compute";
        }
        else if (first.Limits.MaxPerStageDescriptorStorageBuffers < NeededBuffers)
        {
            unsuitable = $"it binds {first.Limits.MaxPerStageDescriptorStorageBuffers} storage buffers at once; {NeededBuffers} are needed";
        }
        else if (first.Limits.MaxComputeWorkGroupInvocations < NeededInvocations)
        {
            unsuitable = $"it runs {first.Limits.MaxComputeWorkGroupInvocations} invocations in a workgroup; {NeededInvocations} are needed";
        }
        else if (first.Limits.MaxStorageBufferRange < NeededBindingBytes)
        {
            unsuitable = $"it binds {first.Limits.MaxStorageBufferRange} bytes of a buffer at once; {NeededBindingBytes} are needed";
        }

        return new PhysicalDeviceFacts
        {
            Name = name,
            Kind = kind,
            Driver = modern ? $"{Text(driver.DriverName)} {Text(driver.DriverInfo)}".Trim() : "unknown",
            ApiVersion = version,
            Limits = first.Limits,
            Memory = memory,
            CacheName = string.Create(
                CultureInfo.InvariantCulture,
                $"{first.VendorID:x}-{first.DeviceID:x}-{first.DriverVersion:x}-{subgroup.SubgroupSize}-{Convert.ToHexStringLower(new ReadOnlySpan<byte>(first.PipelineCacheUuid, 16))}"),
            SubgroupSize = Math.Max(1, (int)subgroup.SubgroupSize),
            MinSubgroupSize = canRequire ? (int)sizeControl.MinSubgroupSize : (int)subgroup.SubgroupSize,
            MaxSubgroupSize = canRequire ? (int)sizeControl.MaxSubgroupSize : (int)subgroup.SubgroupSize,
            SubgroupSizeControl = canRequire,
            TexelLoads = kind == DeviceKind.Cpu && TexelsCanBeStored(api, device),
            PipelineStatistics = HasExtension(api, device, StatisticsExtension),
            MaxWorkgroupInvocations = (int)Math.Min(first.Limits.MaxComputeWorkGroupInvocations, int.MaxValue),
            MaxSharedMemory = (int)Math.Min(first.Limits.MaxComputeSharedMemorySize, int.MaxValue),
            SubgroupOperations = (subgroup.SupportedOperations & UsedSubgroupOperations) == UsedSubgroupOperations &&
                subgroup.SupportedStages.HasFlag(ShaderStageFlags.ComputeBit),
            SubgroupSizeControlExtensionName = canRequire && version < new Version(1, 3) ? SubgroupSizeControlExtension : null,
            MaxAllocation = modern ? (long)Math.Min(maintenance.MaxMemoryAllocationSize, long.MaxValue) : 0,
            QueueFamily = family,
            Timestamps = timestamps,
            Unsuitable = unsuitable,
        };
    }

    /// <summary>The same without what the options leave unused.</summary>
    public PhysicalDeviceFacts Restricted(DeviceOptions options) => this with
    {
        SubgroupOperations = SubgroupOperations && options.SubgroupOperations,
        TexelLoads = TexelLoads && options.TexelLoads,
        SubgroupSizeControl = SubgroupSizeControl && options.SubgroupSizeControl,
        SubgroupSizeControlExtensionName = options.SubgroupSizeControl ? SubgroupSizeControlExtensionName : null,
        MaxWorkgroupInvocations = Math.Min(MaxWorkgroupInvocations, options.MaxWorkgroupInvocations ?? int.MaxValue),
        MaxSharedMemory = Math.Min(MaxSharedMemory, options.MaxSharedMemory ?? int.MaxValue),
    };

    public DeviceInfo ToInfo(int index)
    {
        long local = 0;
        PhysicalDeviceMemoryProperties memory = Memory;
        for (int i = 0; i < memory.MemoryHeapCount; i++)
        {
            if (memory.MemoryHeaps[i].Flags.HasFlag(MemoryHeapFlags.DeviceLocalBit))
            {
                local = Math.Max(local, (long)Math.Min(memory.MemoryHeaps[i].Size, long.MaxValue));
            }
        }

        return new DeviceInfo(index, Name, Kind, Driver, ApiVersion, local, SubgroupSize, Unsuitable);
    }

    private static (int Family, bool Timestamps) ComputeQueueFamily(Vk api, PhysicalDevice device, int? wanted)
    {
        uint count = 0;
        api.GetPhysicalDeviceQueueFamilyProperties(device, &count, null);
        var families = new QueueFamilyProperties[count];
        fixed (QueueFamilyProperties* pointer = families)
        {
            api.GetPhysicalDeviceQueueFamilyProperties(device, &count, pointer);
        }

        for (int i = 0; i < families.Length; i++)
        {
            if ((wanted ?? i) == i && families[i].QueueFlags.HasFlag(QueueFlags.ComputeBit))
            {
                return (i, families[i].TimestampValidBits > 0);
            }
        }

        return (-1, false);
    }

    private static bool TexelsCanBeStored(Vk api, PhysicalDevice device)
    {
        api.GetPhysicalDeviceFormatProperties(device, Format.R32G32B32A32Sfloat, out FormatProperties properties);
        return properties.BufferFeatures.HasFlag(FormatFeatureFlags.StorageTexelBufferBit);
    }

    private static bool HasExtension(Vk api, PhysicalDevice device, string name)
    {
        uint count = 0;
        api.EnumerateDeviceExtensionProperties(device, (byte*)null, &count, null);
        var extensions = new ExtensionProperties[count];
        fixed (ExtensionProperties* pointer = extensions)
        {
            api.EnumerateDeviceExtensionProperties(device, (byte*)null, &count, pointer);
            for (uint i = 0; i < count; i++)
            {
                if (Text(pointer[i].ExtensionName) == name)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static string Text(byte* text) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
}
