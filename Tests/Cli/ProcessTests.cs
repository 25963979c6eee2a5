using System.Diagnostics;
using System.Globalization;

namespace VkSparseGrad.Tests.Cli;

/// <summary>What only a process of its own can show: exit codes, a machine without a driver, Ctrl+C.</summary>
[TestClass]
public sealed class ProcessTests
{
    private static readonly Dictionary<string, string> NoDriver = new()
    {
        ["VK_ICD_FILENAMES"] = "/nonexistent.json",
        ["VK_DRIVER_FILES"] = "/nonexistent.json",
    };

    [TestMethod]
    public void Without_a_driver_the_command_says_what_to_install_and_writes_nothing()
    {
        using var task = new TinyTask();
        ChildProcess.Run(NoDriver, "devices").AssertFailure(1, "driver", "apt install mesa-vulkan-drivers");
        ChildProcess.Run(NoDriver, task.Train("full")).AssertFailure(1, "driver", "apt install mesa-vulkan-drivers");
        task.AssertNothingWritten();
    }

    [TestMethod]
    public void Help_needs_no_driver() => ChildProcess.Run(NoDriver, "train", "--help").AssertSuccess();

    /// <summary>Field case 57: everything but the device works without Vulkan, and its absence is told apart from that of a driver.</summary>
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Without_the_loader_the_command_says_what_to_install_and_writes_nothing()
    {
        // An empty file in front of the real library is one that cannot be loaded.
        using var folder = new TempFolder();
        folder.Write("libvulkan.so", "");
        folder.Write("libvulkan.so.1", "");
        var noLoader = new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = folder.Path };
        using var task = new TinyTask();

        ChildProcess.Run(noLoader, "devices").AssertFailure(1, "The Vulkan loader", "was not found", "apt install libvulkan1");
        CommandRun train = ChildProcess.Run(noLoader, task.Train("sparsegrad"));
        train.AssertFailure(1, "The Vulkan loader", "was not found", "apt install libvulkan1");
        Assert.Contains("Data: train 48 rows", train.Output, "files are read and tokenized before");
        task.AssertNothingWritten();
        ChildProcess.Run(noLoader, "train", "--help").AssertSuccess();
        File.Delete(Path.Combine(task.Model, "config.json"));
        ChildProcess.Run(noLoader, task.Train("full")).AssertFailure(1, "the folder has no config.json");
    }

    [TestMethod]
    public void Devices_are_listed_without_escape_codes_where_the_output_is_no_terminal()
    {
        CommandRun run = ChildProcess.Run(new Dictionary<string, string> { ["TERM"] = "xterm-256color", ["COLORTERM"] = "truecolor" }, "devices");
        run.AssertSuccess();
        Assert.Contains(TestDevice.Device.Info.Name, run.Output);
        Assert.Contains(TestDevice.Device.Info.Driver, run.Output);
        Assert.DoesNotContain("\u001b", run.Output);
    }

    [TestMethod]
    public void Ctrl_C_ends_with_130_and_leaves_nothing()
    {
        if (OperatingSystem.IsWindows())
            Assert.Inconclusive("Signals are sent with kill.");
        using var task = new TinyTask();
        using var cache = new OwnCache();
        using Process process = ChildProcess.Start(new Dictionary<string, string>(), task.Train("full", "--epochs", "1000"));
        while (process.StandardOutput.ReadLine() is string line && !line.StartsWith("evaluation before", StringComparison.Ordinal))
        {
        }

        Process.Start("kill", [InterruptsAreIgnored() ? "-TERM" : "-INT", process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(130, process.ExitCode, error);
        Assert.AreEqual("error: stopped before the end; nothing was written.", error.TrimEnd());
        task.AssertNothingWritten();
    }

    /// <summary>Whether this process, and so its children, were started to take no notice of Ctrl+C, as a shell's background jobs
    /// are. The command does the same on SIGTERM.</summary>
    private static bool InterruptsAreIgnored()
    {
        const string Field = "SigIgn:";
        string? ignored = File.Exists("/proc/self/status")
            ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal))
            : null;
        return ignored is not null && (ulong.Parse(ignored[Field.Length..], NumberStyles.AllowHexSpecifier | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture) & 2) != 0;
    }
}
