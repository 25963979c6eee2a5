using VkSparseGrad.Generation;

namespace VkSparseGrad.Cli.Generate;

/// <summary>What was asked for.</summary>
internal sealed record GenerateSettings
{
    public required string Model { get; init; }

    public string? Adapter { get; init; }

    /// <summary>The prompt; null where there are questions. Empty begins from the begin token alone.</summary>
    public string? Prompt { get; init; }

    /// <summary>A file of questions, and where their answers go.</summary>
    public (string Questions, string Answers)? Files { get; init; }

    /// <summary>Whether prompts are put into the template of conversations.</summary>
    public bool IsChat { get; init; }

    public required int MaxNewTokens { get; init; }

    public required SamplingOptions Sampling { get; init; }

    public bool Overwrite { get; init; }

    public string? Device { get; init; }
}
