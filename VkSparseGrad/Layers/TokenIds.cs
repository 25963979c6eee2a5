using System.Numerics;
using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Layers;

/// <summary>Row numbers on the device, with the sorted groups that their gradient needs.</summary>
public sealed class TokenIds : IDisposable
{
    private readonly IKernels kernels;
    private readonly RowSegments segments = new();
    private uint[] values = [];
    private Tensor? tensor;

    /// <summary>Uploads row numbers.</summary>
    public TokenIds(IKernels kernels, ReadOnlySpan<uint> values)
        : this(kernels) => Assign(values);

    /// <summary>None yet.</summary>
    internal TokenIds(IKernels kernels)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        this.kernels = kernels;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>[1, Count].</summary>
    public Tensor Tensor => tensor ?? throw new ObjectDisposedException(nameof(TokenIds));

    /// <summary>The groups, made on first use: a frozen table never asks for them.</summary>
    public RowSegments Segments
    {
        get
        {
            ObjectDisposedException.ThrowIf(tensor is null, this);
            if (segments.Count == 0)
            {
                segments.Assign(kernels, values.AsSpan(0, Count));
            }

            return segments;
        }
    }

    /// <summary>Uploads others in their place.</summary>
    internal void Assign(ReadOnlySpan<uint> ids)
    {
        Dispose();
        if (values.Length < ids.Length)
        {
            values = new uint[BitOperations.RoundUpToPowerOf2((uint)ids.Length)];
        }

        ids.CopyTo(values);
        tensor = kernels.RentFrom(ids);
        Count = ids.Length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Count = 0;
        tensor?.Dispose();
        tensor = null;
        segments.Dispose();
    }
}
