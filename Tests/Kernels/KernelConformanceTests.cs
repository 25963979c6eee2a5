using System.Globalization;
using System.Reflection;
using VkSparseGrad.Conformance.Cases;
using VkSparseGrad.Conformance.Performance;
using VkSparseGrad.Conformance;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Kernels;

namespace VkSparseGrad.Tests.Kernels;

/// <summary>The kernels under test against the reference, case by case.</summary>
[TestClass]
public sealed class KernelConformanceTests
{
    /// <summary>Methods that compute nothing, and the preparation that Attention's cases run.</summary>
    private static readonly string[] NotOps =
    [
        nameof(IKernels.Advance), nameof(IKernels.Allocate), nameof(IKernels.Download), nameof(IKernels.Flush),
        nameof(IKernels.PlanAttention), nameof(IKernels.ResetPeakMemory), nameof(IKernels.Trim),
    ];

    private static readonly Lazy<WatchedDevice> Subject = new(
        () => new WatchedDevice(new DeviceOptions { Selector = "llvmpipe", Guards = true }));

    private static readonly Lazy<ConformanceRun> Run = new(() => new ConformanceRun(Subject.Value.Kernels));

    [ClassCleanup]
    public static void Close()
    {
        if (Run.IsValueCreated)
        {
            Run.Value.Dispose();
            Subject.Value.Dispose();
        }
    }

    public static IEnumerable<object[]> Names => KernelCases.ByName.Keys.Select(name => new object[] { name });

    public static string DisplayName(MethodInfo method, object[] data) => (string)data[0];

    [TestMethod]
    [DynamicData(nameof(Names), DynamicDataDisplayName = nameof(DisplayName))]
    public void Agrees_with_the_reference(string name)
    {
        CaseResult result = Run.Value.Run(KernelCases.ByName[name]);

        Assert.AreEqual(CaseStatus.Passed, result.Status, $"{name}: {result.Message}");
    }

    /// <summary>Mesa's software driver takes the width of a subgroup from its environment. SubgroupWidthTests runs this class
    /// with several.</summary>
    [TestMethod]
    public void The_device_has_the_subgroup_width_its_driver_was_told()
    {
        int width = TestDevice.Device.Info.SubgroupSize;
        string? bits = Environment.GetEnvironmentVariable("LP_NATIVE_VECTOR_WIDTH");

        Assert.AreEqual(bits is null ? width : int.Parse(bits, CultureInfo.InvariantCulture) / 32, width);
        Assert.AreEqual(width, TestDevice.Device.SubgroupSize);
    }

    [TestMethod]
    public void Every_op_has_a_case()
    {
        IEnumerable<string> ops = typeof(IKernels).GetMethods()
            .Where(method => !method.IsSpecialName && !method.IsStatic)
            .Select(method => method.Name).Distinct().Except(NotOps);

        string[] missing = [.. ops.Except(KernelCases.ByName.Values.Select(item => item.Op))];
        string[] untimed = [.. ops.Except(["Part", "Upload"]).Except(PerfCases.ByName.Values.Select(item => item.Op))];

        Assert.IsEmpty(missing, string.Join(", ", missing));
        Assert.IsEmpty(untimed, string.Join(", ", untimed));
    }

    [TestMethod]
    public void Cases_give_back_what_they_allocate()
    {
        using var reference = new ReferenceKernels();
        foreach (KernelCase item in KernelCases.ByName.Values.DistinctBy(item => item.Op))
        {
            item.Run(reference);

            Assert.AreEqual(0, reference.CurrentMemory.Total, item.Name);
        }
    }

    /// <summary>The judge's own scales: what it must let through and what it must not.</summary>
    [TestMethod]
    [DataRow(new[] { 1.0, 2 }, new[] { 1.0, 2 }, 0.0, true, DisplayName = "equal")]
    [DataRow(new[] { 1.0, 2.0000001 }, new[] { 1.0, 2 }, 0.0, false, DisplayName = "not equal where equality is asked")]
    [DataRow(new[] { 1.1, 100 }, new[] { 1.0, 100 }, 0.01, true, DisplayName = "within a share of the largest")]
    [DataRow(new[] { 3.0, 100 }, new[] { 1.0, 100 }, 0.01, false, DisplayName = "one element out")]
    [DataRow(new[] { double.NaN }, new[] { 1.0 }, 10.0, false, DisplayName = "NaN for a number")]
    [DataRow(new[] { 1.0 }, new[] { double.NaN }, 10.0, false, DisplayName = "a number for NaN")]
    [DataRow(new[] { double.NaN }, new[] { double.NaN }, 0.0, true, DisplayName = "NaN for NaN")]
    [DataRow(new[] { double.PositiveInfinity }, new[] { double.NegativeInfinity }, 10.0, false, DisplayName = "infinities of other sign")]
    [DataRow(new[] { 1.0 }, new[] { 1.0, 2 }, 10.0, false, DisplayName = "an element missing")]
    public void The_comparison_can_fail(double[] actual, double[] expected, double limit, bool passes) =>
        Assert.AreEqual(passes, new CaseOutput("y", actual, limit).Judge(new CaseOutput("y", expected, limit)).Fault is null);
}
