using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;

namespace VkSparseGrad.Cli;

/// <summary>A model on a device that was opened for it alone.</summary>
internal sealed class ModelOnDevice<TModel> : IDisposable
    where TModel : IDisposable
{
    private readonly VulkanDevice device;
    private readonly VulkanKernels kernels;

    private ModelOnDevice(VulkanDevice device, VulkanKernels kernels, TModel model)
    {
        this.device = device;
        this.kernels = kernels;
        Model = model;
    }

    public TModel Model { get; }

    public DeviceInfo Device => device.Info;

    /// <summary>Opens a device and loads a model onto it.</summary>
    /// <param name="selector">Index or part of the device's name; null for the first.</param>
    /// <param name="load">Makes the model.</param>
    public static ModelOnDevice<TModel> Load(string? selector, Func<IKernels, TModel> load)
    {
        VulkanDevice device = CommandDevice.Open(selector);
        VulkanKernels? kernels = null;
        try
        {
            kernels = new VulkanKernels(device);
            return new ModelOnDevice<TModel>(device, kernels, load(kernels));
        }
        catch
        {
            kernels?.Dispose();
            device.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Model.Dispose();
        kernels.Dispose();
        device.Dispose();
    }
}
