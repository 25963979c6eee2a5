namespace VkSparseGrad.Tensors;

/// <summary>Bytes of device memory by category, at one moment.</summary>
public sealed class MemoryUsage
{
    private static readonly int CategoryCount = Enum.GetValues<MemoryCategory>().Length;
    private readonly long[] bytes = new long[CategoryCount];

    /// <summary>Bytes in one category.</summary>
    public long this[MemoryCategory category] => bytes[(int)category];

    /// <summary>Bytes in all categories together.</summary>
    public long Total { get; private set; }

    internal void Add(MemoryCategory category, long count)
    {
        bytes[(int)category] += count;
        Total += count;
    }

    internal void CopyFrom(MemoryUsage other)
    {
        other.bytes.CopyTo(bytes, 0);
        Total = other.Total;
    }

    internal MemoryUsage Snapshot()
    {
        var copy = new MemoryUsage();
        copy.CopyFrom(this);
        return copy;
    }
}
