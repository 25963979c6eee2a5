namespace VkSparseGrad.Tensors;

/// <summary>Where rows of doubles lie best in the host's memory.</summary>
internal static unsafe class CacheLines
{
    /// <summary>The size of a line.</summary>
    public const int Bytes = 64;

    /// <summary>The doubles of a line.</summary>
    public const int Doubles = Bytes / sizeof(double);

    /// <summary>A row length of at least <paramref name="columns"/> which is a whole number of cache lines, and an odd one, so
    /// that neighbouring rows do not compete for the same cache sets.</summary>
    public static int PaddedStride(int columns)
    {
        int lines = (columns + Doubles - 1) / Doubles;
        return (lines | 1) * Doubles;
    }

    /// <summary>The first cache line boundary at or after an address.</summary>
    public static double* Align(double* pointer) => (double*)(((nint)pointer + Bytes - 1) & -Bytes);
}
