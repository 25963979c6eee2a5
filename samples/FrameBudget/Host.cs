using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Silk.NET.Core;
using Silk.NET.Vulkan;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Samples.FrameBudget;

/// <summary>What a game engine brings: an instance, a device and a queue of its own, and something to submit each frame.</summary>
internal sealed unsafe class Host : IDisposable
{
    private const string ValidationLayer = "VK_LAYER_KHRONOS_validation";

    private static int messages;

    private readonly Vk api = Vk.GetApi();
    private readonly bool validates;
    private readonly Instance instance;
    private readonly DebugUtilsMessengerEXT messenger;
    private readonly PhysicalDevice physical;
    private readonly Device device;
    private readonly Queue queue;
    private readonly int family;
    private bool disposed;

    public Host()
    {
        validates = HasLayer(ValidationLayer);
        var application = new ApplicationInfo { SType = StructureType.ApplicationInfo, ApiVersion = Vk.Version12 };
        var debug = new DebugUtilsMessengerCreateInfoEXT
        {
            SType = StructureType.DebugUtilsMessengerCreateInfoExt,
            MessageSeverity = DebugUtilsMessageSeverityFlagsEXT.WarningBitExt | DebugUtilsMessageSeverityFlagsEXT.ErrorBitExt,
            MessageType = DebugUtilsMessageTypeFlagsEXT.ValidationBitExt,
            PfnUserCallback = new PfnDebugUtilsMessengerCallbackEXT(
                (delegate* unmanaged[Cdecl]<DebugUtilsMessageSeverityFlagsEXT, DebugUtilsMessageTypeFlagsEXT,
                    DebugUtilsMessengerCallbackDataEXT*, void*, Bool32>)&OnMessage),
        };
        fixed (byte* layer = "VK_LAYER_KHRONOS_validation\0"u8, extension = "VK_EXT_debug_utils\0"u8)
        {
            var info = new InstanceCreateInfo
            {
                SType = StructureType.InstanceCreateInfo,
                PNext = validates ? &debug : null,
                PApplicationInfo = &application,
                EnabledLayerCount = validates ? 1u : 0,
                PpEnabledLayerNames = &layer,
                EnabledExtensionCount = validates ? 1u : 0,
                PpEnabledExtensionNames = &extension,
            };
            Check(api.CreateInstance(in info, null, out instance));
        }

        if (validates)
        {
            var create = (delegate* unmanaged<Instance, DebugUtilsMessengerCreateInfoEXT*, AllocationCallbacks*,
                DebugUtilsMessengerEXT*, Result>)(nint)api.GetInstanceProcAddr(instance, "vkCreateDebugUtilsMessengerEXT");
            DebugUtilsMessengerEXT made;
            Check(create(instance, &debug, null, &made));
            messenger = made;
        }

        physical = api.GetPhysicalDevices(instance).First();
        family = ComputeFamily();
        device = CreateDevice();
        api.GetDeviceQueue(device, (uint)family, 0, out queue);
    }

    /// <summary>Messages of the validation layer.</summary>
    public static int Faults => messages;

    public string Verdict => validates ? $"had {messages} complaints" : "was not there";

    /// <summary>The handles, for <see cref="VulkanDevice.FromHost"/>.</summary>
    public HostDevice Lend() => new(instance.Handle, physical.Handle, device.Handle, queue.Handle, family);

    /// <summary>Stands for a frame's own submission on the same queue.</summary>
    public void Render()
    {
        var info = new SubmitInfo { SType = StructureType.SubmitInfo };
        Check(api.QueueSubmit(queue, 1, in info, default));
    }

    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        Check(api.QueueWaitIdle(queue));
        api.DestroyDevice(device, null);
        if (messenger.Handle != 0)
        {
            var destroy = (delegate* unmanaged<Instance, DebugUtilsMessengerEXT, AllocationCallbacks*, void>)(nint)
                api.GetInstanceProcAddr(instance, "vkDestroyDebugUtilsMessengerEXT");
            destroy(instance, messenger, null);
        }

        api.DestroyInstance(instance, null);
        api.Dispose();
    }

    /// <summary>What VkSparseGrad needs of the device: Vulkan 1.2, timeline semaphores and a queue that computes.</summary>
    private Device CreateDevice()
    {
        float priority = 1;
        var queueInfo = new DeviceQueueCreateInfo
        {
            SType = StructureType.DeviceQueueCreateInfo,
            QueueFamilyIndex = (uint)family,
            QueueCount = 1,
            PQueuePriorities = &priority,
        };
        var features = new PhysicalDeviceVulkan12Features
        {
            SType = StructureType.PhysicalDeviceVulkan12Features,
            TimelineSemaphore = true,
        };
        var info = new DeviceCreateInfo
        {
            SType = StructureType.DeviceCreateInfo,
            PNext = &features,
            QueueCreateInfoCount = 1,
            PQueueCreateInfos = &queueInfo,
        };
        Check(api.CreateDevice(physical, in info, null, out Device made));
        return made;
    }

    private int ComputeFamily()
    {
        uint count = 0;
        api.GetPhysicalDeviceQueueFamilyProperties(physical, &count, null);
        var families = new QueueFamilyProperties[count];
        fixed (QueueFamilyProperties* pointer = families)
        {
            api.GetPhysicalDeviceQueueFamilyProperties(physical, &count, pointer);
        }

        return Array.FindIndex(families, properties => properties.QueueFlags.HasFlag(QueueFlags.ComputeBit));
    }

    private bool HasLayer(string name)
    {
        uint count = 0;
        api.EnumerateInstanceLayerProperties(&count, null);
        var layers = new LayerProperties[count];
        fixed (LayerProperties* pointer = layers)
        {
            api.EnumerateInstanceLayerProperties(&count, pointer);
            for (int i = 0; i < layers.Length; i++)
            {
                if (Text(pointer[i].LayerName) == name)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static string Text(byte* text) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    private static void Check(Result result)
    {
        if (result != Result.Success)
        {
            throw new InvalidOperationException($"The host's Vulkan call failed: {result}.");
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static Bool32 OnMessage(
        DebugUtilsMessageSeverityFlagsEXT severity, DebugUtilsMessageTypeFlagsEXT type,
        DebugUtilsMessengerCallbackDataEXT* data, void* user)
    {
        Interlocked.Increment(ref messages);
        Console.Error.WriteLine(Text(data->PMessage));
        return false;
    }
}
