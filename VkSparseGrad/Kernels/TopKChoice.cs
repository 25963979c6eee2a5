using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels;

/// <summary>A matrix of which <see cref="IKernels.TopK"/> takes the k elements of largest magnitude.</summary>
/// <param name="C">[d, D].</param>
/// <param name="Indices">[1, k]: gets row * D + column, rising.</param>
/// <param name="Values">[1, k]: gets the elements.</param>
public readonly record struct TopKChoice(Tensor C, Tensor Indices, Tensor Values);
