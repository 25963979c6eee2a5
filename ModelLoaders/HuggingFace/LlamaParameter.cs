using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>One parameter of a LLaMA.</summary>
/// <param name="Name">The canonical name, such as <c>model.layers.0.mlp.down_proj.weight</c>.</param>
/// <param name="Shape">The dimensions, outermost first.</param>
public sealed record LlamaParameter(string Name, IReadOnlyList<long> Shape) : ModelParameter(Name, Shape)
{
    /// <inheritdoc/>
    public override bool IsHead => Name == LlamaNames.Classifier;
}
