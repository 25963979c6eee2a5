namespace VkSparseGrad.Devices;

/// <summary>What a pipeline is made from.</summary>
/// <param name="Shader">The shader's file name without ending.</param>
/// <param name="Bindings">Number of buffers.</param>
/// <param name="Texels">How many of them, the first ones, are read as texels.</param>
/// <param name="SubgroupSize">The width of a subgroup the kernel relies on.</param>
/// <param name="Constants">Specialization constants by id.</param>
internal sealed record PipelineRequest(string Shader, int Bindings, int Texels, int SubgroupSize, uint[] Constants)
{
    /// <summary>Such as <c>layer_norm 32,1,0,1</c>; the same for equal requests.</summary>
    public string Name => $"{Shader} {string.Join(',', Constants)}";
}
