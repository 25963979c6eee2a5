using VkSparseGrad.Training.Metrics;

namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>A task of the GLUE benchmark: where its data is, how it reads, how it is scored.</summary>
public sealed record GlueTask
{
    /// <summary>The name as the benchmark writes it.</summary>
    public required string Name { get; init; }

    /// <summary>The file of the training split.</summary>
    public GlueFile Train { get; init; } = new("train.tsv");

    /// <summary>The files of the development split, at least one, each scored by itself.</summary>
    public IReadOnlyList<GlueFile> Dev { get; init; } = [new("dev.tsv")];

    /// <summary>The files of the test split, at least one.</summary>
    public IReadOnlyList<GlueFile> Test { get; init; } = [new("test.tsv")];

    /// <summary>The column of the row's name in test files; other files need not have it.</summary>
    public string Index { get; init; } = "index";

    /// <summary>The column of the text.</summary>
    public required string Text { get; init; }

    /// <summary>The column of the second text; null where an example is a single one.</summary>
    public string? Pair { get; init; }

    /// <summary>The column of the label.</summary>
    public required string Label { get; init; }

    /// <summary>The words of the classes in the files, in the order of their indices; none means that labels are scores.</summary>
    public required IReadOnlyList<string> LabelWords { get; init; }

    /// <summary>The metrics, the official one first.</summary>
    public required IReadOnlyList<Metric> Metrics { get; init; }

    /// <summary>Whether rows with an unreadable label are skipped and counted, for the published file is known to hold some; otherwise they are an error.</summary>
    public bool SkipsUnreadableLabels { get; init; }

    /// <summary>Whether labels are scores rather than classes.</summary>
    public bool IsRegression => LabelWords.Count == 0;

    /// <summary>Outputs a model needs: one a class, or one for a score.</summary>
    public int Outputs => IsRegression ? 1 : LabelWords.Count;

    /// <summary>The files of a split.</summary>
    public IReadOnlyList<GlueFile> Files(GlueSplit split) => split switch
    {
        GlueSplit.Train => [Train],
        GlueSplit.Dev => Dev,
        GlueSplit.Test => Test,
        _ => throw new ArgumentOutOfRangeException(nameof(split)),
    };

    /// <summary>The file of a name, read as the split's own of that name is, or else as its first.</summary>
    /// <param name="split">The split whose layout the file has.</param>
    /// <param name="name">The file's path, relative to the task's folder or absolute.</param>
    public GlueFile File(GlueSplit split, string name)
    {
        var files = Files(split);
        return files.FirstOrDefault(file => file.Name == Path.GetFileName(name), files[0]) with { Name = name };
    }
}
