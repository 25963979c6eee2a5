using VkSparseGrad.Cli.Train;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Plan;

/// <summary>The run whose memory is asked for.</summary>
internal sealed record PlanSettings
{
    /// <summary>Folder of the model's <c>config.json</c>.</summary>
    public required string Model { get; init; }

    /// <summary><c>classify</c> or <c>language</c>; null takes what the model is for.</summary>
    public string? Task { get; init; }

    public required TrainingOptions Training { get; init; }

    /// <summary>Whether LoRA's rank follows from the fraction.</summary>
    public bool MatchParameters { get; init; }

    /// <summary>LLaMA's adapted blocks, or null where they are not given.</summary>
    public BlockList? Layers { get; init; }

    /// <summary>Whether LLaMA's gate_proj is adapted too.</summary>
    public bool Gate { get; init; }

    /// <summary>Tokens of a sequence; null takes the task's default, or the model's positions if they are fewer.</summary>
    public int? Length { get; init; }

    /// <summary>What the weights are stored as; null takes what the configuration says.</summary>
    public WeightFormat? Weights { get; init; }

    /// <summary>Whether the device is a software driver.</summary>
    public bool Software { get; init; }
}
