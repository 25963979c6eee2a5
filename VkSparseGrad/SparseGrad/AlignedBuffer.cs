using System.Runtime.InteropServices;

namespace VkSparseGrad.SparseGrad;

/// <summary>
/// A block of doubles that starts on a cache line and does not move, freed as soon as it is no longer needed
/// (the largest are hundreds of megabytes, which is too much to leave to the garbage collector).
/// </summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    internal const int CacheLine = 64;

    internal AlignedBuffer(long length) =>
        Pointer = (double*)NativeMemory.AlignedAlloc(checked((nuint)Math.Max(length, 1) * sizeof(double)), CacheLine);

    ~AlignedBuffer() => Free();

    internal double* Pointer { get; private set; }

    /// <summary>
    /// A row length of at least <paramref name="columns"/> which is a whole number of cache lines, and an odd one, so
    /// that neighbouring rows do not compete for the same cache sets.
    /// </summary>
    internal static int PaddedStride(int columns)
    {
        const int line = CacheLine / sizeof(double);
        var lines = (columns + line - 1) / line;
        return (lines | 1) * line;
    }

    /// <summary>The first cache line boundary at or after an address.</summary>
    internal static double* Align(double* pointer) => (double*)(((nint)pointer + CacheLine - 1) & -CacheLine);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
