namespace VkSparseGrad.Devices;

/// <summary>What a pipeline is made from.</summary>
/// <param name="Shader">The shader's file name without ending.</param>
/// <param name="Bindings">Number of buffers.</param>
/// <param name="Texels">Which of them are texel buffers: bit i stands for binding i.</param>
/// <param name="SubgroupSize">The width of a subgroup the kernel relies on.</param>
/// <param name="Constants">Specialization constants by id.</param>
internal sealed record PipelineRequest(string Shader, int Bindings, uint Texels, int SubgroupSize, uint[] Constants)
{
    /// <summary>Such as <c>layer_norm 32,1,0,1</c>; the same for equal requests.</summary>
    public string Name => $"{Shader}{(Texels == 0 ? "" : ".texel")} {string.Join(',', Constants)}";
}
