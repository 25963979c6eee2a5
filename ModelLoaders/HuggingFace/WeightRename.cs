namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>A parameter that the file keeps under an old name.</summary>
/// <param name="FileName">The name in the file, such as <c>bert.embeddings.LayerNorm.gamma</c>.</param>
/// <param name="Name">The canonical name, such as <c>bert.embeddings.LayerNorm.weight</c>.</param>
public sealed record WeightRename(string FileName, string Name);
