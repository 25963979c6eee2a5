using Silk.NET.Vulkan;
using VkSparseGrad.Devices;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.Models;
using VkSparseGrad.Tests.Training;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Devices;

/// <summary>A driver that resets the device in the middle. Field case 54: going on silently, or dying on a null.</summary>
[TestClass]
public sealed class DeviceLostTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    [DataRow(9)]
    public void Training_ends_with_one_clear_message(int submissions)
    {
        using var device = new WatchedDevice();
        using BertClassifier model = TinyBert.Load(device.Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(40), TinyBert.Options(TrainingMethod.Full));
        device.Device.Stream.Submitting = () => --submissions < 0 ? Result.ErrorDeviceLost : Result.Success;

        DeviceException error = Assert.ThrowsExactly<DeviceException>(() => trainer.Run());

        Assert.Contains("The device was lost", error.Message);

        // It stays lost.
        device.Device.Stream.Submitting = null;
        Assert.ThrowsExactly<DeviceException>(() => trainer.Step());
        Assert.ThrowsExactly<DeviceException>(() => Evaluation.Predictions(model, TinyBert.Examples(2)));
    }

    /// <summary>The checkpoint of step 2 is whole when the device is lost during step 3, and a run on a fresh device goes on from it.</summary>
    [TestMethod]
    public void The_last_checkpoint_outlives_the_device()
    {
        using var files = new TempFolder();
        var folder = new CheckpointFolder(files.File("checkpoints"));
        folder.Prepare();
        TrainingOptions options = TinyBert.Options(TrainingMethod.Full) with { Epochs = 1 };
        float[] straight = Train(options, _ => { });

        Assert.ThrowsExactly<DeviceException>(() => Train(options, run =>
        {
            if (run.Trainer.CompletedSteps == 2)
            {
                folder.Save(run.Trainer, run.Device.Kernels);
                run.Device.Device.Stream.Submitting = () => Result.ErrorDeviceLost;
            }
        }));

        using var device = new WatchedDevice();
        using BertClassifier model = TinyBert.Load(device.Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(40), options);
        using Checkpoint checkpoint = folder.OpenNewest()!;
        trainer.Restore(checkpoint.Record.Position, checkpoint);
        Assert.AreEqual(2, trainer.CompletedSteps);
        CollectionAssert.AreEqual(straight[2..], Finish(trainer, () => { }));
    }

    private static float[] Train(TrainingOptions options, Action<(WatchedDevice Device, Trainer Trainer)> afterStep)
    {
        using var device = new WatchedDevice();
        using BertClassifier model = TinyBert.Load(device.Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(40), options);
        return Finish(trainer, () => afterStep((device, trainer)));
    }

    private static float[] Finish(Trainer trainer, Action afterStep)
    {
        var losses = new List<float>();
        while (!trainer.IsFinished)
        {
            losses.Add(trainer.Step().Loss);
            afterStep();
        }

        return [.. losses];
    }
}
