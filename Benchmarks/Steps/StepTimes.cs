using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Benchmarks.Steps;

/// <summary>The steps of all methods, as figures.</summary>
/// <param name="Methods">Full fine-tuning first.</param>
/// <param name="Tokens">Of a step.</param>
internal sealed record StepTimes(IReadOnlyList<MethodTime> Methods, int Tokens)
{
    private const double MiB = 1 << 20;

    /// <summary>Times and speeds. <c>sparsegrad</c> alone is the default selection, <c>sparsegrad_fastest</c> the fastest.</summary>
    public IEnumerable<Measurement> Speed()
    {
        foreach (MethodTime time in Methods)
        {
            yield return new($"step_{time.Method.Name}_ms", time.Seconds * 1e3, "ms");
            yield return new($"step_{time.Method.Name}_tokens_per_second", Tokens / time.Seconds, "tokens/s");
        }

        foreach (MethodTime time in Methods.Skip(1))
        {
            yield return Ratio($"step_{time.Method.Name}_over_full", time.OverFirst);
        }

        MethodTime fastest = SparseGrad.MinBy(time => time.OverFirst)!;
        yield return Ratio("step_sparsegrad_over_full", Default.OverFirst);
        yield return Ratio("step_sparsegrad_over_lora", Default.OverFirst, Lora.OverFirst);
        yield return Ratio("step_sparsegrad_fastest_over_full", fastest.OverFirst);
        yield return Ratio("step_sparsegrad_fastest_over_lora", fastest.OverFirst, Lora.OverFirst);
    }

    /// <summary>Peaks of device memory, whole and by category.</summary>
    public IEnumerable<Measurement> Memory()
    {
        foreach (MethodTime time in Methods)
        {
            yield return new($"peak_memory_{time.Method.Name}_mib", time.PeakMemory.Total / MiB, "MiB");
            foreach (MemoryCategory category in Enum.GetValues<MemoryCategory>())
            {
                string part = category.ToString().ToLowerInvariant();
                yield return new($"peak_memory_{time.Method.Name}_{part}_mib", time.PeakMemory[category] / MiB, "MiB");
            }
        }

        foreach (MethodTime time in Methods.Skip(1))
        {
            yield return Ratio($"peak_memory_{time.Method.Name}_over_full", time.PeakMemory.Total, Full.PeakMemory.Total);
        }

        MethodTime leanest = SparseGrad.MinBy(time => time.PeakMemory.Total)!;
        yield return Ratio("peak_memory_sparsegrad_over_full", Default.PeakMemory.Total, Full.PeakMemory.Total);
        yield return Ratio("peak_memory_sparsegrad_over_lora", Default.PeakMemory.Total, Lora.PeakMemory.Total);
        yield return Ratio("peak_memory_sparsegrad_leanest_over_full", leanest.PeakMemory.Total, Full.PeakMemory.Total);
        yield return Ratio("peak_memory_sparsegrad_leanest_over_lora", leanest.PeakMemory.Total, Lora.PeakMemory.Total);
    }

    private MethodTime Full => Methods.Single(time => time.Method.Method == TrainingMethod.Full);

    private MethodTime Lora => Methods.Single(time => time.Method.Method == TrainingMethod.Lora);

    private MethodTime Default => Methods.Single(time => time.Method.IsDefaultSparseGrad);

    private IEnumerable<MethodTime> SparseGrad => Methods.Where(time => time.Method.Method == TrainingMethod.SparseGrad);

    private static Measurement Ratio(string name, double value, double reference = 1) => new(name, value / reference, "ratio");
}
