using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Planning;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Planning;

/// <summary>The device memory that a real run needs, phase by phase.</summary>
internal static class RealPhases
{
    /// <summary>Runs on the device under test.</summary>
    /// <param name="load">Makes the model.</param>
    /// <param name="source">The weights it is made from.</param>
    /// <param name="start">Makes its trainer.</param>
    /// <param name="isSparseGrad">Whether the run has a preliminary phase.</param>
    public static IReadOnlyList<(RunPhase Phase, MemoryUsage Peak)> Of<TModel>(
        Func<IKernels, IWeightSource, TModel> load, IWeightSource source, Func<TModel, Trainer> start, bool isSparseGrad)
        where TModel : TrainableModel
    {
        var phases = new List<(RunPhase, MemoryUsage)>();
        using var kernels = new VulkanKernels(TestDevice.Device);
        using TModel model = load(kernels, source);
        End(RunPhase.Load);
        using Trainer trainer = start(model);
        if (isSparseGrad)
        {
            while (!trainer.BasesAreDue)
            {
                trainer.Step();
            }

            End(RunPhase.Preliminary);
            // What is there when the host begins; that it takes no more on the device is not seen here.
            phases.Add((RunPhase.Basis, kernels.CurrentMemory));
            trainer.ComputeBases();
            End(RunPhase.Rotation);
        }

        trainer.Run();
        End(RunPhase.Training);
        Save(model, source);
        End(RunPhase.Saving);
        return phases;

        void End(RunPhase phase)
        {
            phases.Add((phase, kernels.PeakMemory));
            kernels.ResetPeakMemory();
        }
    }

    private static void Save(TrainableModel model, IWeightSource source)
    {
        foreach ((string name, Shape shape) in model.LoadedWeights)
        {
            model.ReadWeight(name, new float[shape.Length]);
        }

        foreach (SparseGradLinear layer in model.SparseGradLayers)
        {
            SparseDelta.Of(model.Kernels, layer.Weight, source);
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
