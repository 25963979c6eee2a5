using System.Numerics;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>A range from 0 on in pieces of one size, the last of which may be smaller. To be walked through by foreach, which
/// allocates nothing.</summary>
/// <param name="total">The end of the range.</param>
/// <param name="most">The size of a piece; above 0 unless the range is empty.</param>
internal struct Pieces<T>(T total, T most)
    where T : struct, IBinaryInteger<T>
{
    private T first = -most;

    /// <summary>Where the piece begins, and its size.</summary>
    public readonly (T First, int Count) Current => (first, int.CreateChecked(T.Min(most, total - first)));

    /// <summary>For foreach.</summary>
    public readonly Pieces<T> GetEnumerator() => this;

    public bool MoveNext() => (first += most) < total;
}
