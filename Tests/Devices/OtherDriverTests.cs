using System.Text.Json;
using VkSparseGrad.Cli.Conformance;
using VkSparseGrad.Conformance;
using VkSparseGrad.Conformance.Cases;
using VkSparseGrad.Conformance.Gradients;
using VkSparseGrad.Devices;
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

    /// <summary>A later Mesa, which scripts/setup.sh unpacks where Debian's backports can be had.</summary>
    [TestMethod]
    public void Lavapipe_of_a_later_Mesa()
    {
        string folder = Path.Combine(CacheFolder, "mesa-backports");
        string manifest = Path.Combine(folder, "lvp_icd.json");
        if (!File.Exists(manifest))
            Assert.Inconclusive($"No later Mesa is at {folder}; scripts/setup.sh --tests puts it there on Debian 12.");
        var environment = new Dictionary<string, string> { ["VK_ICD_FILENAMES"] = manifest, ["LD_LIBRARY_PATH"] = folder };

        ConformanceReport report = Run(environment, "test", "--device", "llvmpipe");

        Assert.AreNotEqual(TestDevice.Device.Info.Driver, report.Device.Driver);
    }

    [TestMethod]
    [DataRow("test")]
    [DataRow("grad")]
    public void Every_card_of_this_machine(string mode)
    {
        DeviceInfo[] cards = [.. VulkanDevice.List().Where(device => device.Kind != DeviceKind.Cpu && device.Unsuitable is null)];
        if (cards.Length == 0)
            Assert.Inconclusive("This machine has no card with a Vulkan driver.");
        foreach (DeviceInfo card in cards)
            Run([], mode, "--device", $"{card.Index}");
    }

    /// <summary>The least that a device may have: no subgroup operations, no size control, workgroups of 128, 16 KiB shared.</summary>
    [TestMethod]
    public void Lavapipe_without_optional_features()
    {
        ConformanceReport report = Run([], "test", "--device", "llvmpipe", "--disable", "all");

        CollectionAssert.AreEqual(DeviceFeatures.Names.ToArray(), report.Disabled.ToArray());
    }

    /// <summary>The kernels for software drivers, their operands in storage buffers.</summary>
    [TestMethod]
    public void Lavapipe_without_texel_loads() => Run([], "test", "--device", "llvmpipe", "--disable", "texel-loads");

    /// <summary>AMD's compiler without a card: Mesa's RADV makes a device of a named family that compiles and does not run. The
    /// test's own driver stands beside it, to hold the tensors of the cases.</summary>
    [TestMethod]
    [DataRow("TAHITI", new[] { 64 }, DisplayName = "GCN 1")]
    [DataRow("POLARIS10", new[] { 64 }, DisplayName = "GCN 4")]
    [DataRow("VEGA10", new[] { 64 }, DisplayName = "GCN 5")]
    [DataRow("NAVI10", new[] { 32, 64 }, DisplayName = "RDNA 1")]
    [DataRow("NAVI21", new[] { 32, 64 }, DisplayName = "RDNA 2")]
    [DataRow("GFX1100", new[] { 32, 64 }, DisplayName = "RDNA 3")]
    public void Every_pipeline_compiles_for_AMD_without_spills(string family, int[] widths)
    {
        using var folder = new TempFolder();
        var environment = new Dictionary<string, string>
        {
            ["VK_ICD_FILENAMES"] = string.Join(':', Manifest("radeon_icd*.json"), Manifest("lvp_icd*.json")),
            ["RADV_FORCE_FAMILY"] = family,
            ["XDG_RUNTIME_DIR"] = folder.Path,
        };

        CommandRun run = ChildProcess.Run(
            environment, "conformance", "--mode", "compile", "--format", "json", "--validation", "--device", family);

        Assert.AreEqual(0, run.ExitCode, run.Error + run.Output);
        using JsonDocument document = JsonDocument.Parse(run.Output);
        CompileReport report = CompileOutput.Read(document.RootElement);
        string[] faults = [.. report.Pipelines.Where(item => item.Fault is not null).Select(item => $"{item.Request.Shader}: {item.Fault}")];
        Assert.IsEmpty(faults, string.Join("\n", faults));
        CollectionAssert.AreEqual(widths, report.Pipelines.Select(item => item.Request.SubgroupSize).Distinct().ToArray());

        // Every shader but those for software drivers and of the roof, each with statistics that would show a spill.
        IEnumerable<string> shaders = ShaderModuleTests.Shaders.Except(
            ["attention_lane", "attention_lane_backward_key", "attention_lane_backward_query", "matmul_subgroup", "pad_rows", "roof"]);
        CollectionAssert.AreEquivalent(shaders.ToArray(), report.Pipelines.Select(item => item.Request.Shader).Distinct().ToArray());
        Assert.IsTrue(report.Pipelines.All(item => item.Statistics.ContainsKey("Spilled VGPRs") && item.Statistics.ContainsKey("Scratch size")));
    }

    private static string Manifest(string pattern) =>
        Directory.GetFiles("/usr/share/vulkan/icd.d", pattern).SingleOrDefault() ??
        throw new AssertFailedException($"Mesa's {pattern} is not in /usr/share/vulkan/icd.d; scripts/setup.sh --tests installs it.");

    /// <summary>Where scripts/setup.sh puts drivers.</summary>
    private static string CacheFolder => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } own
            ? own
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "vksparsegrad");

    private static ConformanceReport Run(Dictionary<string, string> environment, string mode, params string[] more)
    {
        using var folder = new TempFolder();
        environment["XDG_CACHE_HOME"] = folder.File("cache");
        CommandRun run = ChildProcess.Run(
            environment, ["conformance", "--mode", mode, "--format", "json", "--validation", .. more]);
        Assert.AreEqual("", run.Error);
        using JsonDocument document = JsonDocument.Parse(run.Output);
        ConformanceReport report = ReportJson.Read(document.RootElement);
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
        string manifest = Path.Combine(CacheFolder, "swiftshader", "vk_swiftshader_icd.json");
        if (!File.Exists(manifest))
        {
            string message = $"SwiftShader is not at {manifest}; scripts/setup.sh --tests puts it there.";
            Assert.IsFalse(File.Exists("/etc/debian_version"), message);
            Assert.Inconclusive(message);
        }

        return manifest;
    }
}
