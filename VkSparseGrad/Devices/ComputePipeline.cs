using Silk.NET.Vulkan;

namespace VkSparseGrad.Devices;

/// <summary>A compiled kernel.</summary>
/// <param name="Name">The shader's file name, also the Vulkan object's name.</param>
/// <param name="Handle">The pipeline.</param>
/// <param name="Layout">Its bindings and push constants.</param>
internal sealed record ComputePipeline(string Name, Pipeline Handle, BindingLayout Layout);

/// <summary>A set of n buffers and 128 bytes of push constants; one for each n and choice of texel buffers.</summary>
/// <param name="Bindings">n.</param>
/// <param name="Texels">Which are texel buffers, the others being storage buffers: bit i stands for binding i.</param>
/// <param name="Set">The set's layout.</param>
/// <param name="Pipeline">The pipeline's layout.</param>
internal sealed record BindingLayout(int Bindings, uint Texels, DescriptorSetLayout Set, PipelineLayout Pipeline)
{
    /// <summary>The push constant bytes that every device has.</summary>
    public const int PushConstantBytes = 128;
}
