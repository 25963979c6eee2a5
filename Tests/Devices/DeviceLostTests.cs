using Silk.NET.Vulkan;
using VkSparseGrad.Devices;
using VkSparseGrad.Models;
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
}
