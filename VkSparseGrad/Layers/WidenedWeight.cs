using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Layers;

/// <summary>A weight as 32-bit floats, for as long as it is used.</summary>
/// <param name="value">[D_out, D_in].</param>
/// <param name="isCopy">Whether the value goes with this; otherwise it is the parameter's.</param>
internal readonly struct WidenedWeight(Tensor value, bool isCopy) : IDisposable
{
    public Tensor Value => value;

    /// <summary>A copy of what is kept in 16 bits, or else the tensor itself.</summary>
    /// <param name="kernels">Where it lives.</param>
    /// <param name="kept">[D_out, D_in], or its words.</param>
    /// <param name="halves">What 16-bit floats the words are; null where there are none.</param>
    /// <param name="shape">[D_out, D_in].</param>
    public static WidenedWeight Of(IKernels kernels, Tensor kept, HalfFormat? halves, Shape shape)
    {
        if (halves is not HalfFormat format)
        {
            return new WidenedWeight(kept, isCopy: false);
        }

        using var scope = DisposeScope.Open();
        Tensor copy = scope.Add(kernels.Rent(shape, MemoryCategory.Scratch));
        kernels.Widen(kept, format, copy);
        scope.Keep();
        return new WidenedWeight(copy, isCopy: true);
    }

    public void Dispose()
    {
        if (isCopy)
        {
            value.Dispose();
        }
    }
}
