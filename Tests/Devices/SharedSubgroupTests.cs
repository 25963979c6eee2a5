using System.Text.RegularExpressions;
using VkSparseGrad.Conformance;
using VkSparseGrad.Conformance.Cases;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;

namespace VkSparseGrad.Tests.Devices;

/// <summary>The kernels without subgroup operations, in workgroups of more invocations than run in step: only here does a missing
/// barrier between them show.</summary>
[TestClass]
public sealed partial class SharedSubgroupTests
{
    private static readonly string[] Ops =
        ["LayerNorm", "LayerNormBackward", "RmsNorm", "RmsNormBackward", "CrossEntropy", "TopK", "SparseDots", "SparseScatter"];

    /// <summary>Few of attention's cases, since its kernels take long to compile.</summary>
    [GeneratedRegex(@"^Attention(Backward)? heads=4 width=8 .*p=\S+ .*causal")]
    private static partial Regex Attention();

    [TestMethod]
    public void Workgroups_wider_than_the_device_agree_with_the_reference()
    {
        const int lanes = 32;
        using var device = new WatchedDevice(new DeviceOptions
        {
            Selector = "llvmpipe", SubgroupOperations = false, SubgroupSizeControl = false,
        });
        Assert.IsLessThan(lanes, device.Device.Info.SubgroupSize);
        using var kernels = new VulkanKernels(device.Device, lanes, MatmulKernel.Tile, null);
        using var run = new ConformanceRun(kernels);

        CaseResult[] results =
        [
            .. KernelCases.ByName.Values.Where(item => Ops.Contains(item.Op) || Attention().IsMatch(item.Name)).Select(run.Run),
        ];

        Assert.IsGreaterThan(200, results.Length);
        string[] faults =
        [
            .. results.Where(result => result.Status != CaseStatus.Passed)
                .Select(result => $"{result.Op} {result.Parameters}: {result.Message}"),
        ];
        Assert.IsEmpty(faults, string.Join("\n", faults));
    }

    [TestMethod]
    public void The_kernels_for_software_drivers_are_refused_without_subgroup_operations()
    {
        using VulkanDevice device = VulkanDevice.Open(
            new DeviceOptions { Selector = "llvmpipe", Matmul = MatmulKernel.Subgroup, SubgroupOperations = false });

        Assert.Contains("need subgroup operations", Assert.ThrowsExactly<ArgumentException>(() => new VulkanKernels(device)).Message);
    }
}
