namespace VkSparseGrad.Kernels.Reference;
/// <summary>p</summary>
public sealed class ReferenceKernels { }
