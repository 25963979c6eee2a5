namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Hands over one trained parameter.</summary>
/// <param name="name">The canonical name, such as <c>bert.pooler.dense.weight</c>.</param>
/// <param name="destination">To be filled whole, row-major.</param>
public delegate void TrainedWeightReader(string name, Span<float> destination);
