using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Optimizers;

/// <summary>Chooses entries of a gradient.</summary>
internal static class LargestEntries
{
    /// <summary>The entries of largest magnitude. The result is the caller's.</summary>
    public static SparseGradient Largest(this IKernels kernels, Tensor gradient, int kept)
    {
        using var scope = DisposeScope.Open();
        Tensor indices = scope.Add(kernels.Rent(Shape.Vector(kept), DType.UInt32, MemoryCategory.Gradients));
        Tensor values = scope.Add(kernels.Rent(Shape.Vector(kept), MemoryCategory.Gradients));
        kernels.TopK([new(gradient, indices, values)]);
        scope.Keep();
        return new SparseGradient(indices, values);
    }
}
