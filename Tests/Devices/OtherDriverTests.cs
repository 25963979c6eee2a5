using VkSparseGrad.Cli.Conformance;
using VkSparseGrad.Conformance;
using VkSparseGrad.Conformance.Cases;
using VkSparseGrad.Conformance.Gradients;
using VkSparseGrad.Tests.Cli;

namespace VkSparseGrad.Tests.Devices;

/// <summary>All cases on other drivers than the tests' own, and on it with other settings. A driver reads its settings from the
/// environment it was started with, so each run is a process of its own.</summary>
[TestClass]
public sealed class OtherDriverTests
{
    /// <summary>Field case 48: kernels that assume a subgroup of 32. This machine's own width is that of the other tests.</summary>
    [TestMethod]
    [DataRow(4)]
    [DataRow(16)]
    public void Lavapipe_with_subgroups_of(int width)
    {
        // The driver's cache does not see the width, so each has its own.
        using var cache = new TempFolder();
        var environment = new Dictionary<string, string>
        {
            ["LP_NATIVE_VECTOR_WIDTH"] = $"{32 * width}",
            ["MESA_SHADER_CACHE_DIR"] = cache.Path,
        };

        ConformanceReport report = Run(environment, "test", "--device", "llvmpipe");

        Assert.AreEqual(width, report.SubgroupWidth);
    }

    [TestMethod]
    [DataRow("test")]
    [DataRow("grad")]
    public void SwiftShader(string mode)
    {
        var environment = new Dictionary<string, string> { ["VK_ICD_FILENAMES"] = SwiftShaderManifest() };

        ConformanceReport report = Run(environment, mode, "--device", "SwiftShader");

        Assert.Contains("SwiftShader", report.Device.Name);
    }

    /// <summary>The least that a device may have: no subgroup operations, no size control, workgroups of 128, 16 KiB shared.</summary>
    [TestMethod]
    public void Lavapipe_without_optional_features()
    {
        ConformanceReport report = Run([], "test", "--device", "llvmpipe", "--disable", "all");

        CollectionAssert.AreEqual(DeviceFeatures.Names.ToArray(), report.Disabled.ToArray());
    }

    private static ConformanceReport Run(Dictionary<string, string> environment, string mode, params string[] more)
    {
        using var folder = new TempFolder();
        environment["XDG_CACHE_HOME"] = folder.File("cache");
        CommandRun run = ChildProcess.Run(
            environment, ["conformance", "--mode", mode, "--format", "json", "--validation", .. more]);
        Assert.AreEqual("", run.Error);
        string path = folder.File("report.json");
        File.WriteAllText(path, run.Output);
        ConformanceReport report = ReportJson.Read(path);
        string[] faults =
        [
            .. report.Cases.Where(item => item.Status != CaseStatus.Passed)
                .Select(item => $"{item.Status}: {item.Op} {item.Parameters}: {item.Message}"),
        ];
        Assert.IsEmpty(faults, string.Join("\n", faults));
        Assert.HasCount(mode == "grad" ? TapeCases.ByName.Count : KernelCases.ByName.Count, report.Cases);
        Assert.AreEqual(0, run.ExitCode);
        return report;
    }

    /// <summary>Where scripts/setup.sh puts SwiftShader. It can do so on Debian and its relatives only.</summary>
    private static string SwiftShaderManifest()
    {
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } own
            ? own
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string manifest = Path.Combine(cache, "vksparsegrad", "swiftshader", "vk_swiftshader_icd.json");
        if (!File.Exists(manifest))
        {
            string message = $"SwiftShader is not at {manifest}; scripts/setup.sh --tests puts it there.";
            Assert.IsFalse(File.Exists("/etc/debian_version"), message);
            Assert.Inconclusive(message);
        }

        return manifest;
    }
}
