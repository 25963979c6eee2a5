using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.HuggingFace;

namespace VkSparseGrad.Cli.Compare.Cells;

/// <summary>Runs cells one after another on one device, which the first of them opens.</summary>
internal sealed class CellRunner : IDisposable
{
    private VulkanDevice? device;
    private VulkanKernels? kernels;

    /// <summary>Runs a cell; its folder is there afterwards, or an exception says why not.</summary>
    public void Run(Cell cell, IProgressDisplay progress, CancellationToken cancellation)
    {
        TrainSettings settings = cell.Settings;
        using ModelCheckpoint checkpoint = ModelFolder.Open(settings.Model, settings.Task.Outputs, settings.ResetHead);
        TaskData data = TaskData.Load(settings, checkpoint);
        using OutputFolder output = OutputFolder.Begin(cell.Folder, overwrite: true, settings.Inputs);
        TrainOutcome outcome = new TrainRun(settings, progress, cancellation).Execute(checkpoint, data, kernels!, output.Aside);
        MetricsFile.Write(output.Aside, TrainArguments.Name(settings.Task), settings.Training, cell.Effective, outcome);
        CommandDevice.RequireNoValidationMessages(device!);
        cancellation.ThrowIfCancellationRequested();
        output.Publish();
        File.Delete(cell.FailureFile);
    }

    /// <summary>Opens the device, where it is not open.</summary>
    public DeviceInfo Open(TrainSettings settings)
    {
        device ??= CommandDevice.Open(settings.Device, settings.Validation, settings.Tuning);
        kernels ??= new VulkanKernels(device);
        return device.Info;
    }

    /// <summary>Closes the device; the next cell needs another <see cref="Open"/>.</summary>
    public void Dispose()
    {
        kernels?.Dispose();
        device?.Dispose();
        kernels = null;
        device = null;
    }
}
