using System.Runtime.InteropServices;
using System.Text;
using Silk.NET.Vulkan;

namespace VkSparseGrad.Devices;

/// <summary>A Vulkan instance of our own, with the validation layer where it is asked for.</summary>
internal sealed unsafe class VulkanInstance : IDisposable
{
    private const string ValidationLayer = "VK_LAYER_KHRONOS_validation";
    private const string DebugUtils = "VK_EXT_debug_utils";
    private const string ValidationFeatures = "VK_EXT_validation_features";
    private const string PortabilityEnumeration = "VK_KHR_portability_enumeration";

    private readonly DebugUtilsMessengerEXT messenger;

    public VulkanInstance(bool validation)
    {
        Api = LoadApi();
        var layers = new List<string>();
        var extensions = new List<string>();
        InstanceCreateFlags flags = InstanceCreateFlags.None;
        if (HasExtension(null, PortabilityEnumeration))
        {
            extensions.Add(PortabilityEnumeration);
            flags = InstanceCreateFlags.EnumeratePortabilityBitKhr;
        }

        if (validation)
        {
            if (!HasLayer(ValidationLayer))
            {
                Api.Dispose();
                throw new DeviceException(
                    $"The validation layer {ValidationLayer} is not installed. On Debian: apt install vulkan-validationlayers.");
            }

            layers.Add(ValidationLayer);
            extensions.Add(DebugUtils);
            extensions.Add(ValidationFeatures);
            Debug = new DebugMessages();
        }

        using var layerNames = new NativeStrings(layers);
        using var extensionNames = new NativeStrings(extensions);
        var application = new ApplicationInfo { SType = StructureType.ApplicationInfo, ApiVersion = Vk.Version13 };
        ValidationFeatureEnableEXT synchronization = ValidationFeatureEnableEXT.SynchronizationValidationExt;
        var features = new ValidationFeaturesEXT
        {
            SType = StructureType.ValidationFeaturesExt,
            EnabledValidationFeatureCount = 1,
            PEnabledValidationFeatures = &synchronization,
        };
        DebugUtilsMessengerCreateInfoEXT debug = Debug?.CreateInfo() ?? default;
        debug.PNext = &features;
        var info = new InstanceCreateInfo
        {
            SType = StructureType.InstanceCreateInfo,
            Flags = flags,
            PNext = Debug is null ? null : &debug,
            PApplicationInfo = &application,
            EnabledLayerCount = layerNames.Count,
            PpEnabledLayerNames = layerNames.Pointers,
            EnabledExtensionCount = extensionNames.Count,
            PpEnabledExtensionNames = extensionNames.Pointers,
        };
        Result result = Api.CreateInstance(in info, null, out Instance instance);
        if (result != Result.Success)
        {
            Debug?.Dispose();
            Api.Dispose();
            if (result == Result.ErrorIncompatibleDriver)
            {
                throw new DeviceException(NoDriver);
            }

            VulkanCheck.Ok(result, "the creation of an instance");
        }

        Handle = instance;
        if (Debug is not null)
        {
            debug.PNext = null;
            var create = (delegate* unmanaged<Instance, DebugUtilsMessengerCreateInfoEXT*, AllocationCallbacks*,
                DebugUtilsMessengerEXT*, Result>)(nint)Api.GetInstanceProcAddr(instance, "vkCreateDebugUtilsMessengerEXT");
            DebugUtilsMessengerEXT made;
            VulkanCheck.Ok(create(instance, &debug, null, &made), "the creation of a debug messenger");
            messenger = made;
        }
    }

    public static string NoDriver =>
        "Vulkan is installed but no driver offers a device. Install your card's Vulkan driver; on Debian a software driver " +
        "comes with: apt install mesa-vulkan-drivers.";

    public Vk Api { get; }

    public Instance Handle { get; }

    public DebugMessages? Debug { get; }

    /// <summary>All physical devices in the order discrete, integrated, virtual, CPU, other; within a kind as the loader lists
    /// them.</summary>
    public List<PhysicalDevice> PhysicalDevices()
    {
        uint count = 0;
        VulkanCheck.Ok(Api.EnumeratePhysicalDevices(Handle, &count, null), "the listing of devices");
        var devices = new PhysicalDevice[count];
        fixed (PhysicalDevice* pointer = devices)
        {
            VulkanCheck.Ok(Api.EnumeratePhysicalDevices(Handle, &count, pointer), "the listing of devices");
        }

        return [.. devices.OrderBy(device => PhysicalDeviceFacts.Read(Api, device).Kind)];
    }

    public void Dispose()
    {
        if (messenger.Handle != 0)
        {
            var destroy = (delegate* unmanaged<Instance, DebugUtilsMessengerEXT, AllocationCallbacks*, void>)(nint)
                Api.GetInstanceProcAddr(Handle, "vkDestroyDebugUtilsMessengerEXT");
            destroy(Handle, messenger, null);
        }

        Api.DestroyInstance(Handle, null);
        Debug?.Dispose();
        Api.Dispose();
    }

    internal static Vk LoadApi()
    {
        try
        {
            return Vk.GetApi();
        }
        catch (Exception error) when (error is FileNotFoundException or DllNotFoundException or InvalidOperationException)
        {
            throw new DeviceException(
                "The Vulkan loader (libvulkan.so.1, vulkan-1.dll) was not found. On Debian: apt install libvulkan1; on other " +
                "systems it comes with the graphics driver.", error);
        }
    }

    private bool HasLayer(string name)
    {
        uint count = 0;
        Api.EnumerateInstanceLayerProperties(&count, null);
        var layers = new LayerProperties[count];
        fixed (LayerProperties* pointer = layers)
        {
            Api.EnumerateInstanceLayerProperties(&count, pointer);
            for (uint i = 0; i < count; i++)
            {
                if (Text(pointer[i].LayerName) == name)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool HasExtension(string? layer, string name)
    {
        uint count = 0;
        Api.EnumerateInstanceExtensionProperties(layer, &count, null);
        var extensions = new ExtensionProperties[count];
        fixed (ExtensionProperties* pointer = extensions)
        {
            Api.EnumerateInstanceExtensionProperties(layer, &count, pointer);
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
