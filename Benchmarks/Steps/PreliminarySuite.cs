using VkSparseGrad.Benchmarks.Models;
using VkSparseGrad.Devices;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Benchmarks.Steps;

/// <summary>SparseGrad's preliminary phase: a step of it, what it holds, and the bases.</summary>
/// <param name="device">Where.</param>
/// <param name="config">The model's dimensions.</param>
/// <param name="sequences">Sequences of a step.</param>
/// <param name="length">Tokens of each.</param>
internal sealed class PreliminarySuite(VulkanDevice device, BertConfig config, int sequences, int length)
{
    private const double MiB = 1 << 20;

    /// <summary>A GPU measures its products behind the first, and compiles what it chose in the second.</summary>
    private const int Steps = 3;

    /// <summary>Runs it.</summary>
    public IEnumerable<Measurement> Run()
    {
        TrainingOptions options = new BenchedMethod("preliminary", TrainingMethod.SparseGrad, Selection.EveryStep).Options(sequences, 1);
        using var run = new BenchedRun(
            device, config, RandomExamples.Make(config, sequences, length), options with { PreliminarySteps = Steps });
        yield return new("prelim_step_ms", run.PreliminarySeconds * 1e3, "ms");
        yield return new("prelim_sums_mib", run.PreliminaryMemory[MemoryCategory.Basis] / MiB, "MiB");
        yield return new("prelim_gradients_mib", run.PreliminaryMemory[MemoryCategory.Gradients] / MiB, "MiB");
        yield return new("prelim_peak_memory_mib", run.PreliminaryMemory.Total / MiB, "MiB");
        yield return new("prelim_bases_seconds", run.BasisSeconds, "s");
    }
}
