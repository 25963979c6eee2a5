namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>A split of a task, read from a file.</summary>
public sealed class GlueDataset
{
    internal GlueDataset(GlueTask task, GlueSplit split, string path, IReadOnlyList<GlueExample> examples, SkippedRows skipped)
    {
        Task = task;
        Split = split;
        Path = path;
        Examples = examples;
        Skipped = skipped;
    }

    /// <summary>The task.</summary>
    public GlueTask Task { get; }

    /// <summary>The split.</summary>
    public GlueSplit Split { get; }

    /// <summary>The file it was read from.</summary>
    public string Path { get; }

    /// <summary>The examples in the file's order, at least one.</summary>
    public IReadOnlyList<GlueExample> Examples { get; }

    /// <summary>The rows that did not fit.</summary>
    public SkippedRows Skipped { get; }

    /// <summary>Reads a split.</summary>
    /// <param name="folder">The task's folder.</param>
    /// <param name="task">The task.</param>
    /// <param name="split">The split; labels of <see cref="GlueSplit.Test"/> are not read, whether there are some or not.</param>
    /// <param name="maxRows">Examples to stop after; null reads all.</param>
    /// <param name="strict">Whether a row that does not fit is an error; otherwise it is skipped and counted in <see cref="Skipped"/>.</param>
    /// <exception cref="DatasetException">The file is missing, holds no example, or contradicts the task.</exception>
    public static GlueDataset Load(string folder, GlueTask task, GlueSplit split, int? maxRows = null, bool strict = false)
    {
        if (maxRows is { } limit)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit, nameof(maxRows));
        var path = System.IO.Path.Combine(folder, task.File(split).Name);
        if (!File.Exists(path))
            throw new DatasetException($"'{path}' does not exist; {task.Name} is looked for as {LookedFor(task)} in one folder.");

        return new GlueFileReader(task, split, path, strict).Read(maxRows ?? int.MaxValue);
    }

    private static string LookedFor(GlueTask task) => $"{task.Train.Name}, {task.Dev.Name} and {task.Test.Name}";
}
