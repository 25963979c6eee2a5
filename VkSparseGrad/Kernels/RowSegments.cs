using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels;

/// <summary>Which rows of a table a list of ids touches, and the places in the list that touch each.</summary>
/// <remarks>Sorting on the host makes the gradient scatter free of atomics: each table row is summed by one owner, in the
/// order of the list, so the same input gives the same bits.</remarks>
public sealed class RowSegments : IDisposable
{
    private RowSegments(int count, int longest, Tensor rows, Tensor starts, Tensor order)
    {
        Count = count;
        Longest = longest;
        Rows = rows;
        Starts = starts;
        Order = order;
    }

    /// <summary>Number of distinct ids.</summary>
    public int Count { get; }

    /// <summary>How often the most frequent id occurs.</summary>
    public int Longest { get; }

    /// <summary>The distinct ids, rising: [1, Count].</summary>
    public Tensor Rows { get; }

    /// <summary>Where each id's places start in <see cref="Order"/>, and their number at the end: [1, Count + 1].</summary>
    public Tensor Starts { get; }

    /// <summary>Places in the list, grouped by id, rising within a group: [1, ids].</summary>
    public Tensor Order { get; }

    /// <summary>Sorts ids and uploads the groups.</summary>
    /// <exception cref="ArgumentException">There are no ids.</exception>
    public static RowSegments Create(IKernels kernels, ReadOnlySpan<uint> ids)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        if (ids.IsEmpty)
        {
            throw new ArgumentException("Row segments need at least one id.", nameof(ids));
        }

        // Of every step: not of the collector's memory.
        using var memory = new HostBuffer<uint>(3L * ids.Length + 1);
        Span<uint> order = memory.Span[..ids.Length], rows = memory.Span.Slice(ids.Length, ids.Length), starts = memory.Span[(2 * ids.Length)..];
        int count = 0;
        using (var sorted = new HostBuffer<ulong>(ids.Length))
        {
            Span<ulong> keys = sorted.Span;
            for (int i = 0; i < ids.Length; i++)
            {
                keys[i] = ((ulong)ids[i] << 32) | (uint)i;
            }

            keys.Sort();
            for (int i = 0; i < keys.Length; i++)
            {
                order[i] = (uint)keys[i];
                uint row = (uint)(keys[i] >> 32);
                if (count == 0 || rows[count - 1] != row)
                {
                    (rows[count], starts[count]) = (row, (uint)i);
                    count++;
                }
            }
        }

        starts[count] = (uint)ids.Length;
        int longest = 0;
        for (int i = 0; i < count; i++)
        {
            longest = Math.Max(longest, (int)(starts[i + 1] - starts[i]));
        }

        using var scope = new DisposeScope();
        var segments = new RowSegments(
            count, longest, scope.Add(kernels.FromArray(rows[..count])), scope.Add(kernels.FromArray(starts[..(count + 1)])),
            scope.Add(kernels.FromArray(order)));
        scope.Keep();
        return segments;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Rows.Dispose();
        Starts.Dispose();
        Order.Dispose();
    }
}
