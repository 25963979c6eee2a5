using Silk.NET.Vulkan;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Tests.Devices;

/// <summary>Invented memory tables. Field case 59: a badly picked heap, and large models "do not fit".</summary>
[TestClass]
public sealed class MemoryTypeChooserTests
{
    private const MemoryPropertyFlags Local = MemoryPropertyFlags.DeviceLocalBit;
    private const MemoryPropertyFlags Visible = MemoryPropertyFlags.HostVisibleBit | MemoryPropertyFlags.HostCoherentBit;
    private const ulong Gib = 1UL << 30;

    [TestMethod]
    public void Of_two_device_local_heaps_the_larger()
    {
        PhysicalDeviceMemoryProperties small = Table([Gib / 4, 16 * Gib], (Local | Visible, 0), (Local, 1));
        PhysicalDeviceMemoryProperties smallLast = Table([16 * Gib, Gib / 4], (Local, 0), (Local | Visible, 1));

        Assert.AreEqual(1, MemoryTypeChooser.Choose(small, uint.MaxValue, MemoryPropertyFlags.None, Local));
        Assert.AreEqual(0, MemoryTypeChooser.Choose(smallLast, uint.MaxValue, MemoryPropertyFlags.None, Local));
    }

    [TestMethod]
    public void Device_local_before_a_larger_heap_of_the_host()
    {
        PhysicalDeviceMemoryProperties table = Table([8 * Gib, 64 * Gib], (Local, 0), (Visible, 1));

        Assert.AreEqual(0, MemoryTypeChooser.Choose(table, uint.MaxValue, MemoryPropertyFlags.None, Local));
        Assert.AreEqual(1, MemoryTypeChooser.Choose(table, uint.MaxValue, Visible, MemoryPropertyFlags.None));
    }

    [TestMethod]
    public void One_shared_heap_serves_everything()
    {
        PhysicalDeviceMemoryProperties table = Table(
            [4_133_625_856], (Local, 0), (Local | Visible, 0), (Local | Visible | MemoryPropertyFlags.HostCachedBit, 0));

        Assert.AreEqual(0, MemoryTypeChooser.Choose(table, uint.MaxValue, MemoryPropertyFlags.None, Local));
        Assert.AreEqual(1, MemoryTypeChooser.Choose(table, uint.MaxValue, Visible, MemoryPropertyFlags.None));
        Assert.AreEqual(2, MemoryTypeChooser.Choose(table, uint.MaxValue, Visible, MemoryPropertyFlags.HostCachedBit));
    }

    [TestMethod]
    public void Types_a_buffer_does_not_allow_are_left_out()
    {
        PhysicalDeviceMemoryProperties table = Table([16 * Gib, Gib], (Local, 0), (Local, 1));

        Assert.AreEqual(1, MemoryTypeChooser.Choose(table, 0b10, MemoryPropertyFlags.None, Local));
        Assert.AreEqual(-1, MemoryTypeChooser.Choose(table, 0b100, MemoryPropertyFlags.None, Local));
        Assert.AreEqual(-1, MemoryTypeChooser.Choose(table, uint.MaxValue, Visible, MemoryPropertyFlags.None));
    }

    private static PhysicalDeviceMemoryProperties Table(ulong[] heaps, params (MemoryPropertyFlags Flags, uint Heap)[] types)
    {
        var table = new PhysicalDeviceMemoryProperties
        {
            MemoryTypeCount = (uint)types.Length, MemoryHeapCount = (uint)heaps.Length,
        };
        for (int i = 0; i < heaps.Length; i++)
        {
            table.MemoryHeaps[i] = new MemoryHeap { Size = heaps[i] };
        }

        for (int i = 0; i < types.Length; i++)
        {
            table.MemoryTypes[i] = new MemoryType { PropertyFlags = types[i].Flags, HeapIndex = types[i].Heap };
        }

        return table;
    }
}
