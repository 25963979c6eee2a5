using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>What the training of a classifier was asked for.</summary>
internal sealed record TrainSettings : RunSettings
{
    public const int DefaultMaxLength = 128;

    public required GlueTask Task { get; init; }

    /// <summary>The training file's path, relative to the data folder or absolute; null takes the task's own.</summary>
    public string? TrainFile { get; init; }

    /// <summary>The one file to evaluate on, likewise; null takes the task's own, all of them.</summary>
    public string? DevFile { get; init; }

    /// <summary>Whether a row that does not fit the task is an error; otherwise it is skipped and counted.</summary>
    public bool StrictData { get; init; }

    /// <summary>Most tokens of a text; null takes the default, or what the model has positions for if that is less.</summary>
    public int? MaxLength { get; init; }

    public int? MaxTrainRows { get; init; }

    /// <summary>Whether the training rows are taken in the seed's order from the whole file, not from its beginning.</summary>
    public bool ShuffleRows { get; init; }

    public int? MaxEvalRows { get; init; }

    /// <summary>Whether a special token's name in a text, such as <c>[SEP]</c>, is plain text and not that token.</summary>
    public bool LiteralSpecialTokens { get; init; }

    public bool ResetHead { get; init; }

    /// <summary>Whether a trunk that came without the prefix <c>bert.</c> or <c>roberta.</c> is written with it.</summary>
    public bool AddPrefix { get; init; }

    /// <inheritdoc/>
    public override string[] Inputs =>
    [
        Model, Data, Path.Combine(Data, TrainFile ?? ""), Path.Combine(Data, DevFile ?? ""),
        .. RunCheckpoints.AreAsked(this) ? (string[])[Checkpoints.FolderFor(Output)] : [],
    ];

    /// <summary>These settings with what depends on the model filled in.</summary>
    public TrainSettings For(ModelSizes sizes) => this with
    {
        MaxLength = MaxLength ?? Math.Min(DefaultMaxLength, sizes.LongestSequence),
        Training = MatchParameters ? ParameterBudget.WithMatchingRank(sizes.Hidden, sizes.Inner, Training) : Training,
    };
}
