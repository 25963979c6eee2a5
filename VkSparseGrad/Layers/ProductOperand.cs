using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Layers;

/// <summary>A weight W as products take it, for as long as it is used: as it is kept where the kernels read that, else as 32-bit
/// floats.</summary>
internal readonly struct ProductOperand : IDisposable
{
    private readonly IKernels kernels;
    private readonly Tensor stored;
    private readonly HalfFormat? halves;
    private readonly bool isCopy;

    private ProductOperand(IKernels kernels, Tensor stored, HalfFormat? halves, bool isCopy)
    {
        this.kernels = kernels;
        this.stored = stored;
        this.halves = halves;
        this.isCopy = isCopy;
    }

    /// <summary>Makes ready what products take.</summary>
    /// <param name="kernels">Where the weight lives.</param>
    /// <param name="kept">[D_out, D_in], or its words.</param>
    /// <param name="halves">What 16-bit floats the words are; null where there are none.</param>
    /// <param name="shape">[D_out, D_in].</param>
    public static ProductOperand Of(IKernels kernels, Tensor kept, HalfFormat? halves, Shape shape) =>
        halves is null || kernels.ReadsHalves
            ? new(kernels, kept, halves, isCopy: false)
            : new(kernels, WidenedWeight.Of(kernels, kept, halves, shape).Value, halves: null, isCopy: true);

    /// <summary>y = x Wᵀ + b.</summary>
    /// <param name="x">[T, D_in].</param>
    /// <param name="bias">[1, D_out], or null.</param>
    /// <param name="y">[T, D_out].</param>
    /// <param name="epilogue">What is done with y then.</param>
    public void Forward(Tensor x, Tensor? bias, Tensor y, Epilogue epilogue = default) =>
        Multiply(x, transpose: true, bias, y, accumulate: false, epilogue);

    /// <summary>dx = dy W, or added to dx where <paramref name="accumulate"/>.</summary>
    /// <param name="dy">[T, D_out].</param>
    /// <param name="dx">[T, D_in].</param>
    /// <param name="accumulate">Whether to add to dx.</param>
    /// <param name="epilogue">What is done with dx then.</param>
    public void Backward(Tensor dy, Tensor dx, bool accumulate = false, Epilogue epilogue = default) =>
        Multiply(dy, transpose: false, null, dx, accumulate, epilogue);

    public void Dispose()
    {
        if (isCopy)
        {
            stored.Dispose();
        }
    }

    private void Multiply(Tensor rows, bool transpose, Tensor? bias, Tensor product, bool accumulate, Epilogue epilogue)
    {
        if (halves is HalfFormat format)
        {
            kernels.MatmulHalves(rows, false, stored, format, transpose, bias, product, accumulate, epilogue);
        }
        else
        {
            kernels.Matmul(rows, false, stored, transpose, bias, product, accumulate, epilogue);
        }
    }
}
