using VkSparseGrad.Tensors;

namespace VkSparseGrad.Layers;

/// <summary>A weight as 32-bit floats, for as long as it is used.</summary>
/// <param name="value">[D_out, D_in].</param>
/// <param name="isCopy">Whether the value goes with this; otherwise it is the parameter's.</param>
internal readonly struct WidenedWeight(Tensor value, bool isCopy) : IDisposable
{
    public Tensor Value => value;

    public void Dispose()
    {
        if (isCopy)
        {
            value.Dispose();
        }
    }
}
