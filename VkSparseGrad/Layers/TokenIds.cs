using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Layers;

/// <summary>Row numbers on the device, with the sorted groups that their gradient needs.</summary>
public sealed class TokenIds : IDisposable
{
    private readonly IKernels kernels;
    private readonly uint[] values;
    private RowSegments? segments;

    /// <summary>Uploads row numbers.</summary>
    public TokenIds(IKernels kernels, uint[] values)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(values);
        this.kernels = kernels;
        this.values = values;
        Tensor = kernels.FromArray(values);
    }

    /// <summary>How many there are.</summary>
    public int Count => values.Length;

    /// <summary>[1, Count].</summary>
    public Tensor Tensor { get; }

    /// <summary>The groups, made on first use: a frozen table never asks for them.</summary>
    public RowSegments Segments => segments ??= RowSegments.Create(kernels, values);

    /// <inheritdoc/>
    public void Dispose()
    {
        Tensor.Dispose();
        segments?.Dispose();
    }
}
