namespace VkSparseGrad.Devices;

/// <summary>Knows which ranges were touched since the last barrier, and so when the next one is due.</summary>
internal sealed class HazardTracker
{
    /// <summary>Above this many open ranges a barrier is cheaper than the search.</summary>
    private const int MaxOpen = 128;

    private readonly List<(MemoryBlock Block, long Begin, long End, bool Written)> open = [];

    /// <summary>Whether touching a range needs a barrier first: something was written there, or would be overwritten.</summary>
    public bool Conflicts(in MemorySlice slice, bool writes)
    {
        long end = slice.Offset + slice.Size;
        foreach ((MemoryBlock block, long begin, long finish, bool written) in open)
        {
            if ((writes || written) && slice.Offset < finish && begin < end && ReferenceEquals(block, slice.Block))
            {
                return true;
            }
        }

        return open.Count >= MaxOpen;
    }

    public void Touch(in MemorySlice slice, bool writes) =>
        open.Add((slice.Block, slice.Offset, slice.Offset + slice.Size, writes));

    public void Clear() => open.Clear();
}
