using VkSparseGrad.Tests.Samples;

namespace VkSparseGrad.Tests.Devices;

/// <summary>Machines without Vulkan, played in a child process. Field case 57: a stack trace or "incompatible driver".</summary>
[TestClass]
public sealed class MissingVulkanTests
{
    [TestMethod]
    public void No_driver_names_what_to_install()
    {
        SampleRun run = SampleRun.Start("FineTune", ["model", "data", "output"], ("VK_ICD_FILENAMES", "/nonexistent.json"), ("VK_DRIVER_FILES", "/nonexistent.json"));

        Assert.AreNotEqual(0, run.ExitCode);
        Assert.Contains("no driver offers a device", run.Output);
        Assert.Contains("apt install mesa-vulkan-drivers", run.Output);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void No_loader_names_what_to_install()
    {
        // An empty file in front of the real library is one that cannot be loaded.
        using var folder = new TempFolder();
        foreach (string name in new[] { "libvulkan.so", "libvulkan.so.1" })
        {
            folder.Write(name, "");
        }

        SampleRun run = SampleRun.Start("FineTune", ["model", "data", "output"], ("LD_LIBRARY_PATH", folder.Path));

        Assert.AreNotEqual(0, run.ExitCode);
        Assert.Contains("The Vulkan loader", run.Output);
        Assert.Contains("apt install libvulkan1", run.Output);
    }
}
