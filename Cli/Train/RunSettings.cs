using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>What a run was asked for, whatever it trains.</summary>
internal abstract record RunSettings
{
    public required string Model { get; init; }

    public required string Data { get; init; }

    public required string Output { get; init; }

    public bool Overwrite { get; init; }

    public string? Device { get; init; }

    public bool Validation { get; init; }

    /// <summary>Whether products are divided as was measured, and new ones measured.</summary>
    public bool Tuning { get; init; } = true;

    public CheckpointSettings Checkpoints { get; init; } = new();

    /// <summary>Evaluations on the way.</summary>
    public EvaluationSettings Evaluations { get; init; } = EvaluationSettings.None;

    public required TrainingOptions Training { get; init; }

    /// <summary>Whether LoRA's rank is the one whose trained values in the MLP come nearest to SparseGrad's.</summary>
    public bool MatchParameters { get; init; }

    /// <summary>Files and folders that are read from.</summary>
    public abstract string[] Inputs { get; }
}
