namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>The dimensions that models of every architecture have.</summary>
/// <param name="Vocabulary">Rows of the word embedding table.</param>
/// <param name="Hidden">Width of the hidden states.</param>
/// <param name="Inner">Width of the MLP's inner activation.</param>
/// <param name="Layers">Number of blocks.</param>
/// <param name="LongestSequence">Most tokens of a sequence.</param>
public sealed record ModelSizes(int Vocabulary, int Hidden, int Inner, int Layers, int LongestSequence);
