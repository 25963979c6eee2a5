using VkSparseGrad.Tensors;

namespace VkSparseGrad.Planning;

/// <summary>The parts of a run, in their order.</summary>
public enum RunPhase
{
    /// <summary>The weights come onto the device.</summary>
    Load,

    /// <summary>SparseGrad: steps that only watch gradients.</summary>
    Preliminary,

    /// <summary>SparseGrad: the bases are computed on the host.</summary>
    Basis,

    /// <summary>SparseGrad: the weights are rotated.</summary>
    Rotation,

    /// <summary>Training steps.</summary>
    Training,

    /// <summary>The merged model and the adapter are written.</summary>
    Saving,
}

/// <summary>The memory of one part of a run.</summary>
/// <param name="Phase">The part.</param>
/// <param name="Peak">Bytes of device memory by category, at the moment of this part when their total is largest.</param>
/// <param name="HostBytes">About the most bytes of host memory in this part, the device's not counted where a software driver takes it
/// from the host.</param>
public sealed record PhaseMemory(RunPhase Phase, MemoryUsage Peak, long HostBytes);

/// <summary>The memory that a run will need.</summary>
public sealed record MemoryPlan
{
    /// <summary>The parts of the run, in their order.</summary>
    public required IReadOnlyList<PhaseMemory> Phases { get; init; }

    /// <summary>Number of values in the model's weights.</summary>
    public required long Parameters { get; init; }

    /// <summary>Number of values an update changes.</summary>
    public required long TrainedValues { get; init; }

    /// <summary>The part that needs most device memory.</summary>
    public PhaseMemory Largest => Phases.MaxBy(phase => phase.Peak.Total)!;

    /// <summary>The most bytes of device memory that tensors take at once. The blocks that they are slices of are somewhat larger.</summary>
    public long PeakBytes => Largest.Peak.Total;

    /// <summary>About the most bytes of host memory at once.</summary>
    public long HostBytes => Phases.Max(phase => phase.HostBytes);
}
