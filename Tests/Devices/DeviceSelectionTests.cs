using VkSparseGrad.Devices;

namespace VkSparseGrad.Tests.Devices;

/// <summary>Choosing a device. Field case 52: a choice that is ignored, or a silent fallback.</summary>
[TestClass]
public sealed class DeviceSelectionTests
{
    private static readonly PhysicalDeviceFacts[] Offered =
    [
        Device("NVIDIA GeForce RTX 5070", DeviceKind.Discrete), Device("Old card", DeviceKind.Discrete, "it offers Vulkan 1.0"),
        Device("Intel Arc Graphics", DeviceKind.Integrated), Device("llvmpipe (LLVM 15)", DeviceKind.Cpu),
    ];

    [TestMethod]
    [DataRow(null, 0)]
    [DataRow("0", 0)]
    [DataRow("3", 3)]
    [DataRow("nvidia", 0)]
    [DataRow("LLVMPIPE", 3)]
    [DataRow("arc", 2)]
    public void By_index_or_part_of_the_name(string? selector, int expected) =>
        Assert.AreEqual(expected, VulkanDevice.Select(Offered, selector));

    [TestMethod]
    public void By_default_the_first_that_can_be_used() =>
        Assert.AreEqual(1, VulkanDevice.Select([Offered[1], Offered[2]], null));

    [TestMethod]
    [DataRow("4")]
    [DataRow("99999999999999999999")]
    [DataRow("-1")]
    [DataRow("radeon")]
    [DataRow("")]
    public void No_match_lists_what_there_is(string selector)
    {
        DeviceException error = Assert.ThrowsExactly<DeviceException>(() => VulkanDevice.Select(Offered, selector));

        Assert.Contains($"'{selector}'", error.Message);
        Assert.Contains("3: llvmpipe (LLVM 15)", error.Message);
        Assert.Contains("2: Intel Arc Graphics", error.Message);
    }

    [TestMethod]
    public void A_device_that_cannot_be_used_says_why()
    {
        DeviceException error = Assert.ThrowsExactly<DeviceException>(() => VulkanDevice.Select(Offered, "old"));

        Assert.Contains("it offers Vulkan 1.0", error.Message);
    }

    [TestMethod]
    public void The_list_keeps_its_order()
    {
        IReadOnlyList<DeviceInfo> list = VulkanDevice.List();

        Assert.IsNotEmpty(list);
        CollectionAssert.AreEqual(Enumerable.Range(0, list.Count).ToArray(), list.Select(device => device.Index).ToArray());
        CollectionAssert.AreEqual(list.Select(device => device.Kind).Order().ToArray(), list.Select(device => device.Kind).ToArray());
        CollectionAssert.AreEqual(list.ToArray(), VulkanDevice.List().ToArray());
    }

    private static PhysicalDeviceFacts Device(string name, DeviceKind kind, string? unsuitable = null) => new()
    {
        Name = name, Kind = kind, Driver = "invented", ApiVersion = new Version(1, 3), Limits = default, Memory = default,
        CacheName = "invented", SubgroupSize = 32, MinSubgroupSize = 32, MaxSubgroupSize = 32, SubgroupOperations = true, TexelLoads = false, PipelineStatistics = false, MaxWorkgroupInvocations = 256, MaxSharedMemory = 32768, SubgroupSizeControl = false,
        SubgroupSizeControlExtensionName = null, MaxAllocation = 0, QueueFamily = 0, Timestamps = false, Unsuitable = unsuitable,
    };
}
