using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Models;
using VkSparseGrad.Planning;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Planning;

/// <summary>The device memory that a real run needs, phase by phase.</summary>
internal static class RealPhases
{
    /// <summary>Runs on the device under test.</summary>
    /// <param name="load">Makes the model.</param>
    /// <param name="start">Makes its trainer.</param>
    /// <param name="isSparseGrad">Whether the run has a preliminary phase.</param>
    public static IReadOnlyList<(RunPhase Phase, MemoryUsage Peak)> Of<TModel>(
        Func<IKernels, TModel> load, Func<TModel, Trainer> start, bool isSparseGrad)
        where TModel : TrainableModel
    {
        var phases = new List<(RunPhase, MemoryUsage)>();
        using var kernels = new VulkanKernels(TestDevice.Device);
        using TModel model = load(kernels);
        End(RunPhase.Load);
        using Trainer trainer = start(model);
        if (isSparseGrad)
        {
            while (!trainer.BasesAreDue)
            {
                trainer.Step();
            }

            End(RunPhase.Preliminary);
            trainer.ComputeBases();
            End(RunPhase.Rotation);
        }

        trainer.Run();
        End(RunPhase.Training);
        return phases;

        void End(RunPhase phase)
        {
            phases.Add((phase, kernels.PeakMemory));
            kernels.ResetPeakMemory();
        }
    }

    /// <summary>Every category of every phase, to the byte.</summary>
    public static void AssertEqual(MemoryPlan plan, IReadOnlyList<(RunPhase Phase, MemoryUsage Peak)> real)
    {
        string[] expected = [.. real.Select(phase => Line(phase.Phase, phase.Peak))];
        string[] planned = [.. plan.Phases.Select(phase => Line(phase.Phase, phase.Peak))];
        Assert.AreEqual(string.Join('\n', expected), string.Join('\n', planned));
    }

    private static string Line(RunPhase phase, MemoryUsage peak) =>
        $"{phase}: {string.Join(", ", Enum.GetValues<MemoryCategory>().Select(category => $"{category} {peak[category]}"))}";
}
