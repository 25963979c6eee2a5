namespace VkSparseGrad.Tests.Cli;

/// <summary>The command <c>tune</c>. What it measures is tested with the library; a software driver has nothing to choose.</summary>
[TestClass]
public sealed class TuneTests : OwnCacheTests
{
    [TestMethod]
    public void A_software_driver_has_nothing_to_tune() =>
        CommandRun.Of("tune", "--device", "llvmpipe").AssertFailure(1, "llvmpipe", "GPUs only");

    [TestMethod]
    public void What_was_measured_is_forgotten()
    {
        string file = Path.Combine(CacheFolder, "vksparsegrad", "tuning", TestDevice.Device.Facts.CacheName + ".json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "{}");

        CommandRun run = CommandRun.Of("tune", "--device", "llvmpipe", "--forget");

        run.AssertSuccess();
        Assert.Contains($"Deleted {file}", run.Output);
        Assert.IsFalse(File.Exists(file));
    }

    [TestMethod]
    public void Nothing_measured_is_nothing_forgotten()
    {
        CommandRun run = CommandRun.Of("tune", "--device", "llvmpipe", "--forget");

        run.AssertSuccess();
        Assert.Contains("Nothing was measured of llvmpipe", run.Output);
    }
}
