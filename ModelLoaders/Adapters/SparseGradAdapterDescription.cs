namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>What an adapter's tensors do not say about it.</summary>
/// <param name="BaseModel">The folder or name of the base model.</param>
/// <param name="Task">The task it was trained on.</param>
/// <param name="Labels">Outputs of the classifier.</param>
/// <param name="Fraction">Share of each MLP weight's coefficients that a step updated.</param>
public sealed record SparseGradAdapterDescription(string BaseModel, string Task, int Labels, double Fraction);
