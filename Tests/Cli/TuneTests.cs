using System.Text.Json;
using VkSparseGrad.Cli;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Cli;

/// <summary>How the command divides products: by <c>tune</c>, or as it trains. What is measured is tested with the library; a software driver
/// has nothing to choose.</summary>
[TestClass]
public sealed class TuneTests : OwnCacheTests
{
    [TestMethod]
    public void A_software_driver_has_nothing_to_tune() =>
        CommandRun.Of("tune", "--device", "llvmpipe").AssertFailure(1, "llvmpipe", "GPUs only");

    [TestMethod]
    public void Without_tuning_a_device_knows_no_folder()
    {
        using VulkanDevice with = CommandDevice.Open("llvmpipe"), without = CommandDevice.Open("llvmpipe", tuning: false);
        Assert.AreEqual(Path.Combine(CacheFolder, "vksparsegrad", "tuning"), with.Options.TuningFolder);
        Assert.IsNull(without.Options.TuningFolder);
    }

    [TestMethod]
    public void A_run_says_that_it_went_without()
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train("full", "--no-tuning")).AssertSuccess();
        using JsonDocument metrics = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(task.Output, "metrics.json")));
        Assert.IsTrue(metrics.RootElement.GetProperty("settings").GetProperty("no_tuning").GetBoolean());
    }

    [TestMethod]
    public void What_was_multiplied_is_measured_behind_a_step()
    {
        using var folder = new TempFolder();
        using var device = new WatchedDevice(new DeviceOptions { Selector = "llvmpipe", Matmul = MatmulKernel.Tile, TuningFolder = folder.Path });
        using BertClassifier model = TinyBert.Load(device.Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(8), TinyBert.Options(TrainingMethod.Full));
        RunSettings settings = new TrainSettings
        {
            Model = "", Data = "", Output = "", Task = GlueTasks.All[0], Training = TinyBert.Options(TrainingMethod.Full),
        };
        var between = new BetweenSteps(settings, trainer, () => [], device.Kernels, new EvaluationHistory(EvaluationSettings.None, []), null);
        var told = new List<string>();
        StepResult step = trainer.Step();
        using (Tensor a = device.Kernels.Zeros(new Shape(130, 140), MemoryCategory.Scratch))
        using (Tensor c = device.Kernels.Zeros(new Shape(130, 130), MemoryCategory.Scratch))
            device.Kernels.Matmul(a, false, a, true, null, c);

        between.After(step, null, told.Add, CancellationToken.None);
        between.After(step, null, told.Add, CancellationToken.None);

        Assert.Contains("1 new", told.Single());
        Assert.HasCount(1, Directory.GetFiles(folder.Path));
    }

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
