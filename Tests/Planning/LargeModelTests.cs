using System.Diagnostics;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Planning;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Planning;

/// <summary>The plan of a model that no test machine holds.</summary>
[TestClass]
public sealed class LargeModelTests
{
    private const long Hidden = 4096;
    private const long Inner = 11008;
    private const long Words = 32000;
    private const int Blocks = 32;

    private static readonly LlamaConfig Llama2 = new()
    {
        VocabularySize = (int)Words, HiddenSize = (int)Hidden, Layers = Blocks, Heads = 32, KeyValueHeads = 32, HeadWidth = 128,
        IntermediateSize = (int)Inner, MaxPositions = 4096,
    };

    private static readonly TrainingOptions Training = new() { Scope = TrainingScope.Mlp, BatchSize = 1, Checkpointing = true, KeptEntries = 100_000 };

    [TestMethod]
    public void Llama_2_7B_with_every_third_block_trained_is_planned_quickly_and_its_weights_are_those_by_hand()
    {
        int[] adapted = [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30];
        long start = Stopwatch.GetTimestamp(), before = GC.GetAllocatedBytesForCurrentThread();
        MemoryPlan plan = MemoryPlanner.PlanLanguageModel(
            Llama2, new LlamaOptions { Blocks = adapted, KeepsHalves = true },
            new PlanOptions { Training = Training, Length = 512, Weights = WeightFormat.BFloat16 });

        // A second on an idle machine; those that run tests are not.
        Assert.IsLessThan(30, Stopwatch.GetElapsedTime(start).TotalSeconds);
        Assert.IsLessThan(1L << 30, GC.GetAllocatedBytesForCurrentThread() - before);

        // Norms and what is adapted have four bytes a value, everything else two; norms are there twice while they are moved together.
        long adaptedValues = adapted.Length * 2 * Hidden * Inner;
        long matrices = 2 * Words * Hidden + Blocks * (4 * Hidden * Hidden + 3 * Hidden * Inner);
        long norms = (2 * Blocks + 1) * Hidden;
        Assert.AreEqual(matrices + norms, plan.Parameters);
        Assert.AreEqual(2 * (matrices - adaptedValues) + 4 * adaptedValues + 2 * 4 * norms, Peak(RunPhase.Load, MemoryCategory.Weights));
        Assert.AreEqual(adapted.Length * 2 * 100_000, plan.TrainedValues);

        // Bases of either kind of layer, the large ones in 16 bits, with the numbers of their vectors, and beside them in the training two
        // moments of an eighth of the weights.
        Assert.AreEqual(2 * (4 * Hidden * Hidden + 2 * Inner * Inner + 4 * Inner), Peak(RunPhase.Training, MemoryCategory.Basis));
        Assert.IsGreaterThan(2 * 4 * adaptedValues / 8, Peak(RunPhase.Training, MemoryCategory.Optimizer));

        long Peak(RunPhase phase, MemoryCategory category) => plan.Phases.Single(item => item.Phase == phase).Peak[category];
    }

    [TestMethod]
    public void While_a_kind_s_bases_replace_its_sums_both_are_there()
    {
        // So few moments that the peak is not behind this moment.
        Selection few = Selection.AmongCoordinates(CoordinateCount.Number(16), 20);
        MemoryPlan plan = MemoryPlanner.PlanLanguageModel(
            Llama2 with { Layers = 1 }, new LlamaOptions { KeepsHalves = true },
            new PlanOptions { Training = Training with { Selection = few }, Length = 8, Weights = WeightFormat.BFloat16 });

        // The sums of both kinds and the bases of the first; the sums go before the weight is rotated.
        long sides = 4 * (Hidden * Hidden + Inner * Inner);
        long basis = plan.Phases.Single(item => item.Phase == RunPhase.Rotation).Peak[MemoryCategory.Basis];
        Assert.AreEqual(2 * sides + 4 * Hidden * Hidden + 2 * Inner * Inner + 4 * Inner, basis);

        // On the host: a decomposition of the larger side, beside the bases that are found.
        long host = plan.Phases.Single(item => item.Phase == RunPhase.Basis).HostBytes;
        Assert.IsGreaterThan((4 + 8 + 12) * Inner * Inner, host);
        Assert.IsLessThan((4 + 8 + 14) * Inner * Inner + 2 * sides, host);
    }
}
