namespace VkSparseGrad.SparseGrad;

/// <summary>A loop of independent steps, spread over threads only where this is worth their start.</summary>
internal static class ParallelLoop
{
    /// <summary>Runs <paramref name="body"/> for 0 … <paramref name="count"/> − 1.</summary>
    internal static void Run(bool parallel, int count, Action<int> body)
    {
        if (parallel && count > 1)
        {
            Parallel.For(0, count, body);
            return;
        }

        for (var i = 0; i < count; i++)
            body(i);
    }
}
