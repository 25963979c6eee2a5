using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace VkSparseGrad.Tests.Devices;

/// <summary>The kernel cases on subgroups of other widths than this machine's own. Field case 48: kernels that assume 32.</summary>
[TestClass]
public sealed class SubgroupWidthTests
{
    [TestMethod]
    [DataRow(4)]
    [DataRow(16)]
    public void Every_kernel_agrees_with_the_reference(int width)
    {
        // A driver's cache does not see the width, so each gets its own.
        using var cache = new TempFolder();
        string[] arguments =
            ["exec", Assembly.GetExecutingAssembly().Location, "--filter", "ClassName~KernelConformance", "--progress", "off", "--no-ansi"];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LP_NATIVE_VECTOR_WIDTH"] = (32 * width).ToString(CultureInfo.InvariantCulture);
        start.Environment["MESA_SHADER_CACHE_DIR"] = cache.Path;

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.AreEqual(0, process.ExitCode, output + errors.Result);
    }
}
