namespace VkSparseGrad.Cli.Progress;

/// <summary>How long a phase will still take at the pace it has had.</summary>
internal static class TimeLeft
{
    /// <param name="elapsed">Since the phase began.</param>
    /// <param name="done">Units of work done, at least 1.</param>
    /// <param name="total">Units of work in all.</param>
    public static TimeSpan At(TimeSpan elapsed, int done, int total) => elapsed / done * (total - done);
}
