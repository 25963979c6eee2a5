using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Layers;

/// <summary>A weight W of which products take all values, however its gradient is kept.</summary>
internal interface IDenseWeight
{
    /// <summary>[D_out, D_in].</summary>
    Shape Shape { get; }

    bool IsTrainable { get; }

    /// <summary>W as products take it, for as long as it is used.</summary>
    ProductOperand Operand(IKernels kernels);

    /// <summary>Adds a batch to the gradient dyᵀ x.</summary>
    /// <param name="kernels">Where the weight lives.</param>
    /// <param name="dy">[T, D_out].</param>
    /// <param name="x">[T, D_in].</param>
    void AddGradient(IKernels kernels, Tensor dy, Tensor x);
}
