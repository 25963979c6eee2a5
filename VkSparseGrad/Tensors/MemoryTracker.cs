namespace VkSparseGrad.Tensors;

/// <summary>Counts live bytes by category and remembers the moment when their total was largest.</summary>
internal sealed class MemoryTracker
{
    private readonly MemoryUsage current = new();
    private readonly MemoryUsage peak = new();

    public MemoryUsage Current => current.Snapshot();

    public MemoryUsage Peak => peak.Snapshot();

    public void Allocated(MemoryCategory category, long bytes)
    {
        current.Add(category, bytes);
        if (current.Total > peak.Total)
        {
            peak.CopyFrom(current);
        }
    }

    public void Freed(MemoryCategory category, long bytes) => current.Add(category, -bytes);

    public void ResetPeak() => peak.CopyFrom(current);
}
