using Silk.NET.Vulkan;

namespace VkSparseGrad.Devices;

/// <summary>A compiled kernel.</summary>
/// <param name="Name">The shader's file name, also the Vulkan object's name.</param>
/// <param name="Handle">The pipeline.</param>
/// <param name="Layout">Its bindings and push constants.</param>
internal sealed record ComputePipeline(string Name, Pipeline Handle, BindingLayout Layout);

/// <summary>A set of n buffers and 128 bytes of push constants; one for each n and number of texel buffers.</summary>
/// <param name="Bindings">n.</param>
/// <param name="Texels">How many of the buffers, the first ones, are texel buffers; the others are storage buffers.</param>
/// <param name="Set">The set's layout.</param>
/// <param name="Pipeline">The pipeline's layout.</param>
internal sealed record BindingLayout(int Bindings, int Texels, DescriptorSetLayout Set, PipelineLayout Pipeline)
{
    /// <summary>The push constant bytes that every device has.</summary>
    public const int PushConstantBytes = 128;
}
