using System.Buffers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels;

/// <summary>Which rows of a table a list of ids touches, and the places in the list that touch each.</summary>
/// <remarks>Sorting on the host makes the gradient scatter free of atomics: each table row is summed by one owner, in the
/// order of the list, so the same input gives the same bits.</remarks>
public sealed class RowSegments : IDisposable
{
    private Tensor? rows;
    private Tensor? starts;
    private Tensor? order;

    internal RowSegments()
    {
    }

    /// <summary>Number of distinct ids.</summary>
    public int Count { get; private set; }

    /// <summary>How often the most frequent id occurs.</summary>
    public int Longest { get; private set; }

    /// <summary>The distinct ids, rising: [1, Count].</summary>
    public Tensor Rows => Present(rows);

    /// <summary>Where each id's places start in <see cref="Order"/>, and their number at the end: [1, Count + 1].</summary>
    public Tensor Starts => Present(starts);

    /// <summary>Places in the list, grouped by id, rising within a group: [1, ids].</summary>
    public Tensor Order => Present(order);

    /// <summary>Sorts ids and uploads the groups.</summary>
    /// <exception cref="ArgumentException">There are no ids.</exception>
    public static RowSegments Create(IKernels kernels, ReadOnlySpan<uint> ids)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        var segments = new RowSegments();
        segments.Assign(kernels, ids);
        return segments;
    }

    /// <summary>The same in the place of the groups there are.</summary>
    internal void Assign(IKernels kernels, ReadOnlySpan<uint> ids)
    {
        if (ids.IsEmpty)
        {
            throw new ArgumentException("Row segments need at least one id.", nameof(ids));
        }

        Dispose();
        ulong[] keys = ArrayPool<ulong>.Shared.Rent(ids.Length);
        uint[] lists = ArrayPool<uint>.Shared.Rent(3 * ids.Length + 1);
        try
        {
            Upload(kernels, ids, keys.AsSpan(0, ids.Length), lists);
        }
        catch
        {
            Dispose();
            throw;
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(keys);
            ArrayPool<uint>.Shared.Return(lists);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Count = 0;
        rows?.Dispose();
        starts?.Dispose();
        order?.Dispose();
        (rows, starts, order) = (null, null, null);
    }

    /// <param name="kernels">Where to.</param>
    /// <param name="ids">The list.</param>
    /// <param name="keys">As long as the list.</param>
    /// <param name="lists">Three times as long, and one more.</param>
    private void Upload(IKernels kernels, ReadOnlySpan<uint> ids, Span<ulong> keys, Span<uint> lists)
    {
        Span<uint> places = lists[..ids.Length], distinct = lists.Slice(ids.Length, ids.Length), first = lists[(2 * ids.Length)..];
        for (int i = 0; i < ids.Length; i++)
        {
            keys[i] = ((ulong)ids[i] << 32) | (uint)i;
        }

        keys.Sort();
        int count = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            places[i] = (uint)keys[i];
            uint row = (uint)(keys[i] >> 32);
            if (count == 0 || distinct[count - 1] != row)
            {
                (distinct[count], first[count]) = (row, (uint)i);
                count++;
            }
        }

        first[count] = (uint)ids.Length;
        Longest = 0;
        for (int i = 0; i < count; i++)
        {
            Longest = Math.Max(Longest, (int)(first[i + 1] - first[i]));
        }

        rows = kernels.RentFrom(distinct[..count]);
        starts = kernels.RentFrom(first[..(count + 1)]);
        order = kernels.RentFrom(places);
        Count = count;
    }

    private static Tensor Present(Tensor? tensor) => tensor ?? throw new ObjectDisposedException(nameof(RowSegments));
}
