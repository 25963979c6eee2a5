namespace VkSparseGrad.Devices;

/// <summary>The free ranges of one block of memory, kept sorted and merged.</summary>
internal sealed class FreeRanges(long size)
{
    private readonly List<(long Offset, long Size)> ranges = [(0, size)];

    public bool IsWhole => ranges.Count == 1 && ranges[0].Size == size;

    /// <summary>Takes the smallest range that fits.</summary>
    /// <returns>The offset, or -1 where nothing fits.</returns>
    public long Take(long count)
    {
        int best = -1;
        for (int i = 0; i < ranges.Count; i++)
        {
            if (ranges[i].Size >= count && (best < 0 || ranges[i].Size < ranges[best].Size))
            {
                best = i;
            }
        }

        if (best < 0)
        {
            return -1;
        }

        (long offset, long free) = ranges[best];
        if (free == count)
        {
            ranges.RemoveAt(best);
        }
        else
        {
            ranges[best] = (offset + count, free - count);
        }

        return offset;
    }

    public void Give(long offset, long count)
    {
        int next = 0;
        int high = ranges.Count;
        while (next < high)
        {
            int middle = (next + high) / 2;
            if (ranges[middle].Offset < offset)
            {
                next = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        bool joinsNext = next < ranges.Count && offset + count == ranges[next].Offset;
        bool joinsPrevious = next > 0 && ranges[next - 1].Offset + ranges[next - 1].Size == offset;
        if (joinsPrevious)
        {
            (long start, long before) = ranges[next - 1];
            long total = before + count + (joinsNext ? ranges[next].Size : 0);
            ranges[next - 1] = (start, total);
            if (joinsNext)
            {
                ranges.RemoveAt(next);
            }
        }
        else if (joinsNext)
        {
            ranges[next] = (offset, count + ranges[next].Size);
        }
        else
        {
            ranges.Insert(next, (offset, count));
        }
    }
}
