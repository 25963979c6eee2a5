using System.Diagnostics;
using Silk.NET.Vulkan;
using VkSparseGrad.Benchmarks.Models;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Kernels.Vulkan.Tuning;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Benchmarks.Steps;

/// <summary>A run of one method on random weights and sequences, with memory accounts of its own.</summary>
internal sealed class BenchedRun : IDisposable
{
    private readonly VulkanKernels kernels;
    private readonly BertClassifier model;
    private readonly Trainer trainer;

    /// <summary>Makes the model and goes to the first training step.</summary>
    /// <param name="device">Where.</param>
    /// <param name="config">The model's dimensions.</param>
    /// <param name="examples">The sequences of every step.</param>
    /// <param name="options">Settings.</param>
    public BenchedRun(VulkanDevice device, BertConfig config, IReadOnlyList<TokenizedExample> examples, TrainingOptions options)
    {
        using var scope = DisposeScope.Open();
        kernels = scope.Add(new VulkanKernels(device));
        model = scope.Add(new BertClassifier(kernels, config, new RandomWeights(config)));
        trainer = scope.Add(new Trainer(model, examples, options));
        while (!trainer.BasesAreDue && options.Method == TrainingMethod.SparseGrad)
        {
            PreliminarySeconds = Step();
        }

        PreliminaryMemory = kernels.PeakMemory;
        BasisSeconds = Timed(() => trainer.ComputeBases());
        kernels.ResetPeakMemory();
        scope.Keep();
    }

    /// <summary>Of the last preliminary step.</summary>
    public double PreliminarySeconds { get; }

    /// <summary>Peak of the preliminary phase.</summary>
    public MemoryUsage PreliminaryMemory { get; }

    /// <summary>Of the decomposition and the rotation of the layers.</summary>
    public double BasisSeconds { get; }

    /// <summary>Peak since the first training step.</summary>
    public MemoryUsage PeakMemory => kernels.PeakMemory;

    /// <summary>Does a step and waits for it; behind it measures what products are new, as every run does.</summary>
    /// <param name="refreshes">Whether it refreshes SparseGrad's selection though it is not due.</param>
    /// <returns>Its time in seconds.</returns>
    public double Step(bool refreshes = false)
    {
        if (refreshes)
        {
            trainer.RefreshNext();
        }

        double seconds = Timed(() => trainer.Step());
        MatmulTuning.MeasureUsed(kernels);
        return seconds;
    }

    /// <summary>Does a step; what the device takes for each kernel of it.</summary>
    public KernelProfile Profile()
    {
        var profile = new KernelProfile();
        kernels.Stream.Profile = profile;
        try
        {
            trainer.Step();
        }
        finally
        {
            kernels.Stream.Profile = null;
        }

        return profile;
    }

    /// <summary>Does a step, recorded whole before the device gets any of it; what that asks of this thread.</summary>
    /// <returns>Seconds of recording, and bytes allocated on the managed heap by the whole step.</returns>
    public (double Seconds, long Bytes) Host()
    {
        long recorded = 0;
        kernels.DefersSubmission = true;
        kernels.Stream.Submitting = () =>
        {
            recorded = recorded == 0 ? Stopwatch.GetTimestamp() : recorded;
            return Result.Success;
        };
        long bytes = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
        try
        {
            trainer.Step();
        }
        finally
        {
            kernels.Stream.Submitting = null;
            kernels.DefersSubmission = false;
        }

        return (Stopwatch.GetElapsedTime(start, recorded).TotalSeconds, GC.GetAllocatedBytesForCurrentThread() - bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        trainer.Dispose();
        model.Dispose();
        kernels.Dispose();
    }

    private static double Timed(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
