using VkSparseGrad.Training;

namespace VkSparseGrad.ModelLoaders.Checkpoints;

/// <summary>What a checkpoint says beside its tensors.</summary>
public sealed record CheckpointRecord
{
    /// <summary>Where the run stood.</summary>
    public required TrainingPosition Position { get; init; }

    /// <summary>The run that it is of.</summary>
    public required RunIdentity Run { get; init; }

    /// <summary>The device's name. The same bits follow on the same device only.</summary>
    public required string Device { get; init; }

    /// <summary>The driver's name and version.</summary>
    public required string Driver { get; init; }

    /// <summary>Time spent in steps of the preliminary phase.</summary>
    public required TimeSpan PreliminaryTime { get; init; }

    /// <summary>Time spent on the bases.</summary>
    public required TimeSpan BasisTime { get; init; }

    /// <summary>Time spent in training steps.</summary>
    public required TimeSpan TrainingTime { get; init; }

    /// <summary>Evaluations so far; that of step 0 is the one before training.</summary>
    public required IReadOnlyList<EvaluationRecord> Evaluations { get; init; }
}
