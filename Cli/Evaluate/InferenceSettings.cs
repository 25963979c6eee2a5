using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Cli.Evaluate;

/// <summary>What evaluating or predicting was asked for.</summary>
internal sealed record InferenceSettings
{
    public required string Model { get; init; }

    /// <summary>The folder of an adapter on top of the model; null for none.</summary>
    public string? Adapter { get; init; }

    public required GlueTask Task { get; init; }

    public required string Data { get; init; }

    public required GlueSplit Split { get; init; }

    /// <summary>The one file to read, relative to the data folder or absolute; null takes the split's own, all of them.</summary>
    public string? File { get; init; }

    /// <summary>Whether a row that does not fit the task is an error; otherwise it is skipped and counted.</summary>
    public bool StrictData { get; init; }

    /// <summary>Examples of each file to stop after; null reads all.</summary>
    public int? MaxRows { get; init; }

    /// <summary>Most tokens of an example; null takes the default, or what the model has positions for if that is less.</summary>
    public int? MaxLength { get; init; }

    public bool LiteralSpecialTokens { get; init; }

    public required int BatchSize { get; init; }

    public string? Device { get; init; }

    /// <summary>Where the result is written; null where it is only printed.</summary>
    public string? Output { get; init; }

    public bool Overwrite { get; init; }

    /// <summary>The files to read.</summary>
    public IReadOnlyList<GlueFile> Files => File is null ? Task.Files(Split) : [Task.File(Split, File)];

    /// <summary>Their paths.</summary>
    public IEnumerable<string> InputFiles => Files.Select(file => Path.Combine(Data, file.Name));

    /// <summary>Reads them.</summary>
    /// <param name="labelled">Whether labels are read; where they are not, there need not be any.</param>
    public GlueDataset[] Load(bool labelled) =>
        [.. Files.Select(file => GlueDataset.Load(Data, Task, file, labelled, MaxRows, StrictData))];
}
