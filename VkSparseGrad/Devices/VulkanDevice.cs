using System.Globalization;
using Silk.NET.Vulkan;

namespace VkSparseGrad.Devices;

/// <summary>An open Vulkan device. It owns everything made on it: disposing it frees all.</summary>
/// <remarks>Not safe for use by several threads at once. It starts no threads.</remarks>
public sealed unsafe class VulkanDevice : IDisposable
{
    private readonly VulkanInstance? instance;
    private readonly bool ownsDevice;
    private readonly Queue queue;
    private CommandStream? stream;
    private bool disposed;

    private VulkanDevice(
        Vk api, VulkanInstance? instance, Device device, Queue queue, PhysicalDeviceFacts facts, int index,
        DeviceOptions options, bool ownsDevice, bool sizeControl)
    {
        Api = api;
        this.instance = instance;
        this.ownsDevice = ownsDevice;
        Handle = device;
        Facts = facts;
        Info = facts.ToInfo(index);
        Options = options;
        SubgroupSize = sizeControl && facts.MinSubgroupSize <= 32 && facts.MaxSubgroupSize >= 32 ? 32 : facts.SubgroupSize;
        nint setName = instance?.Debug is null ? 0 : (nint)api.GetInstanceProcAddr(instance.Handle, "vkSetDebugUtilsObjectNameEXT");
        Memory = new DeviceMemoryPool(api, device, facts, MemoryPurpose.Device, options.MemoryLimit);
        UploadMemory = new DeviceMemoryPool(api, device, facts, MemoryPurpose.Upload, null);
        DownloadMemory = new DeviceMemoryPool(api, device, facts, MemoryPurpose.Download, null);
        Pipelines = new PipelineLibrary(api, device, facts, sizeControl, options, setName);
        this.queue = queue;
        MaxBindingBytes = Math.Min(options.MaxStorageBufferRange ?? long.MaxValue, facts.Limits.MaxStorageBufferRange);
    }

    /// <summary>What the device is.</summary>
    public DeviceInfo Info { get; }

    /// <summary>How it was opened.</summary>
    public DeviceOptions Options { get; }

    /// <summary>What the validation layer said since the device was opened; empty without <see cref="DeviceOptions.Validation"/>.</summary>
    public IReadOnlyList<string> ValidationMessages => instance?.Debug?.Messages ?? [];

    internal Vk Api { get; }

    internal Device Handle { get; }

    internal PhysicalDeviceFacts Facts { get; }

    internal PipelineLibrary Pipelines { get; }

    internal DeviceMemoryPool Memory { get; }

    internal DeviceMemoryPool UploadMemory { get; }

    internal DeviceMemoryPool DownloadMemory { get; }

    /// <summary>Made on first use: a device that only compiles can do nothing else.</summary>
    internal CommandStream Stream => stream ??= new CommandStream(Api, Handle, queue, Facts, Options.TargetSubmissionTime);

    /// <summary>The width of a subgroup in our kernels.</summary>
    internal int SubgroupSize { get; }

    internal long MaxBindingBytes { get; }

    /// <summary>What Vulkan offers on this machine, in the order in which devices are chosen.</summary>
    /// <exception cref="DeviceException">There is no Vulkan loader or no driver.</exception>
    public static IReadOnlyList<DeviceInfo> List()
    {
        using var instance = new VulkanInstance(validation: false);
        return [.. instance.PhysicalDevices().Select((device, index) => PhysicalDeviceFacts.Read(instance.Api, device).ToInfo(index))];
    }

    /// <summary>Opens a device of our own.</summary>
    /// <exception cref="DeviceException">There is no Vulkan loader, no driver, no device that matches, or it is too old.</exception>
    public static VulkanDevice Open(DeviceOptions? options = null)
    {
        options ??= new DeviceOptions();
        var instance = new VulkanInstance(options.Validation);
        try
        {
            List<PhysicalDevice> devices = instance.PhysicalDevices();
            var facts = devices.ConvertAll(device => PhysicalDeviceFacts.Read(instance.Api, device));
            int index = Select(facts, options.Selector);
            return Create(instance, devices[index], facts[index].Restricted(options), index, options);
        }
        catch
        {
            instance.Dispose();
            throw;
        }
    }

    /// <summary>Uses the Vulkan device of a host application.</summary>
    /// <exception cref="DeviceException">The physical device lacks what we need.</exception>
    public static VulkanDevice FromHost(HostDevice host, DeviceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        Vk api = VulkanInstance.LoadApi();
        try
        {
            // Silk.NET finds device functions through the instance it is told to use.
            api.CurrentInstance = new Instance(host.Instance);
            api.CurrentDevice = new Device(host.Device);
            PhysicalDeviceFacts facts = PhysicalDeviceFacts.Read(
                api, new PhysicalDevice(host.PhysicalDevice), host.QueueFamilyIndex);
            if (facts.Unsuitable is not null)
            {
                throw new DeviceException($"The host's device '{facts.Name}' cannot be used: {facts.Unsuitable}.");
            }

            options ??= new DeviceOptions();
            facts = facts.Restricted(options);
            return new VulkanDevice(
                api, null, new Device(host.Device), new Queue(host.Queue), facts, 0, options, ownsDevice: false,
                host.SubgroupSizeControl && facts.SubgroupSizeControl);
        }
        catch
        {
            api.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the device and frees everything made on it. A host's own objects stay.</summary>
    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        stream?.Dispose();
        Pipelines.Dispose();
        Memory.Dispose();
        UploadMemory.Dispose();
        DownloadMemory.Dispose();
        if (ownsDevice)
        {
            Api.DestroyDevice(Handle, null);
            instance?.Dispose();
        }
        else
        {
            Api.Dispose();
        }
    }

    internal static int Select(IReadOnlyList<PhysicalDeviceFacts> devices, string? selector)
    {
        if (devices.Count == 0)
        {
            throw new DeviceException(VulkanInstance.NoDriver);
        }

        string list = string.Join(", ", devices.Select((device, i) => $"{i}: {device.Name}"));
        int index = -1;
        if (selector is null)
        {
            index = Enumerable.Range(0, devices.Count).FirstOrDefault(i => devices[i].Unsuitable is null, 0);
        }
        else if (int.TryParse(selector, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            index = number < devices.Count ? number : -1;
        }
        else if (selector.Length > 0)
        {
            index = Enumerable.Range(0, devices.Count).FirstOrDefault(
                i => devices[i].Name.Contains(selector, StringComparison.OrdinalIgnoreCase), -1);
        }

        if (index < 0)
        {
            throw new DeviceException($"No Vulkan device matches '{selector}'. There are: {list}.");
        }

        if (devices[index].Unsuitable is string reason)
        {
            throw new DeviceException($"The device '{devices[index].Name}' cannot be used: {reason}.");
        }

        return index;
    }

    private static VulkanDevice Create(
        VulkanInstance instance, PhysicalDevice physical, PhysicalDeviceFacts facts, int index, DeviceOptions options)
    {
        float priority = 1;
        var queueInfo = new DeviceQueueCreateInfo
        {
            SType = StructureType.DeviceQueueCreateInfo,
            QueueFamilyIndex = (uint)facts.QueueFamily,
            QueueCount = 1,
            PQueuePriorities = &priority,
        };
        var sizeControl = new PhysicalDeviceSubgroupSizeControlFeatures
        {
            SType = StructureType.PhysicalDeviceSubgroupSizeControlFeatures,
            SubgroupSizeControl = true,
        };
        var timeline = new PhysicalDeviceTimelineSemaphoreFeatures
        {
            SType = StructureType.PhysicalDeviceTimelineSemaphoreFeatures,
            TimelineSemaphore = true,
            PNext = facts.SubgroupSizeControl ? &sizeControl : null,
        };
        var statistics = new PhysicalDevicePipelineExecutablePropertiesFeaturesKHR
        {
            SType = StructureType.PhysicalDevicePipelineExecutablePropertiesFeaturesKhr,
            PipelineExecutableInfo = true,
            PNext = &timeline,
        };
        bool wantsStatistics = options.PipelineStatistics && facts.PipelineStatistics;
        using var extensions = new NativeStrings(
        [
            .. facts.SubgroupSizeControlExtensionName is string extension ? (string[])[extension] : [],
            .. wantsStatistics ? (string[])[PhysicalDeviceFacts.StatisticsExtension] : [],
        ]);
        var info = new DeviceCreateInfo
        {
            SType = StructureType.DeviceCreateInfo,
            PNext = wantsStatistics ? &statistics : &timeline,
            QueueCreateInfoCount = 1,
            PQueueCreateInfos = &queueInfo,
            EnabledExtensionCount = extensions.Count,
            PpEnabledExtensionNames = extensions.Pointers,
        };
        VulkanCheck.Ok(instance.Api.CreateDevice(physical, in info, null, out Device device), $"the opening of {facts.Name}");
        instance.Api.GetDeviceQueue(device, (uint)facts.QueueFamily, 0, out Queue queue);
        try
        {
            return new VulkanDevice(
                instance.Api, instance, device, queue, facts, index, options, ownsDevice: true, facts.SubgroupSizeControl);
        }
        catch
        {
            instance.Api.DestroyDevice(device, null);
            throw;
        }
    }
}
