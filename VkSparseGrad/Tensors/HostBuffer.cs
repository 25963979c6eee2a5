using System.Runtime.InteropServices;

namespace VkSparseGrad.Tensors;

/// <summary>A block of the host's memory that starts on a cache line and does not move. It is freed as soon as it is disposed
/// of: the largest are hundreds of megabytes, which is too much to leave to the garbage collector.</summary>
/// <typeparam name="T">The elements.</typeparam>
public sealed unsafe class HostBuffer<T> : IDisposable
    where T : unmanaged
{
    /// <summary>Allocates; the content is undefined.</summary>
    /// <param name="length">The number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    /// <exception cref="OutOfMemoryException">The host has not as much.</exception>
    /// <exception cref="OverflowException">They are more bytes than there are addresses.</exception>
    public HostBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        Pointer = (T*)NativeMemory.AlignedAlloc(checked((nuint)Math.Max(length, 1) * (nuint)sizeof(T)), CacheLines.Bytes);
    }

    /// <summary>Frees what was not disposed of.</summary>
    ~HostBuffer() => Free();

    /// <summary>The number of elements.</summary>
    public long Length { get; }

    /// <summary>The elements.</summary>
    /// <exception cref="OverflowException">They are more than a span can hold.</exception>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public Span<T> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(Pointer is null, this);
            return new(Pointer, checked((int)Length));
        }
    }

    internal T* Pointer { get; private set; }

    /// <inheritdoc/>
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
