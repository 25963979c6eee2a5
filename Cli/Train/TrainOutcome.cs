using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Devices;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Cli.Train;

/// <summary>What a run measured.</summary>
internal sealed record TrainOutcome
{
    /// <summary>Scores of the task's metrics, the official one first.</summary>
    public required IReadOnlyList<(string Metric, double? Before, double? After)> Scores { get; init; }

    public required int Steps { get; init; }

    /// <summary>Whether there would have been more steps.</summary>
    public required bool StoppedEarly { get; init; }

    /// <summary>Those during training.</summary>
    public IReadOnlyList<EvaluationRecord> Evaluations { get; init; } = [];

    /// <summary>The step of these evaluations with the highest first metric; null where there is none.</summary>
    public int? BestStep { get; init; }

    /// <summary>Null where none were written.</summary>
    public CheckpointCost? Checkpoints { get; init; }

    /// <summary>Of the training phase alone.</summary>
    public required double StepsPerSecond { get; init; }

    /// <summary>Of the training phase alone.</summary>
    public required double TokensPerSecond { get; init; }

    public required long TrainedParameters { get; init; }

    /// <summary>Those of them in the layers of the MLP.</summary>
    public required long TrainedMlpParameters { get; init; }

    /// <summary>SparseGrad: for each MLP weight the share of the gradient's energy that the kept coefficients held, over all
    /// refreshes; else empty.</summary>
    public required IReadOnlyList<(string Weight, double Share)> KeptEnergy { get; init; }

    /// <summary>Mean loss of the last 100 training steps.</summary>
    public required double FinalTrainingLoss { get; init; }

    /// <summary>At the moment of the preliminary and training phases when the device held most.</summary>
    public required MemoryUsage PeakMemory { get; init; }

    public required TimeSpan TrainingTime { get; init; }

    /// <summary>Null where the method has no such phase.</summary>
    public required TimeSpan? PreliminaryTime { get; init; }

    /// <summary>Of the eigendecompositions and the rotation; null where the method has none.</summary>
    public required TimeSpan? BasisTime { get; init; }

    public required DeviceInfo Device { get; init; }
}
