namespace VkSparseGrad.Kernels.Vulkan;
/// <summary>p</summary>
public sealed class VulkanKernels { }
