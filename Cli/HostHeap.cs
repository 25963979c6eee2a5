namespace VkSparseGrad.Cli;

/// <summary>The garbage-collected memory of the process.</summary>
internal static class HostHeap
{
    /// <summary>Gives back what is no longer used, at once. For the moments behind something that needed a lot once: the collector by
    /// itself would keep gigabytes that a software driver's device could have.</summary>
    public static void Shrink() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
}
