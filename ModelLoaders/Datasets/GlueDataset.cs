namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>A file of a task, read.</summary>
public sealed class GlueDataset
{
    internal GlueDataset(GlueTask task, GlueFile file, string path, IReadOnlyList<GlueExample> examples, SkippedRows skipped)
    {
        Task = task;
        File = file;
        Path = path;
        Examples = examples;
        Skipped = skipped;
    }

    /// <summary>The task.</summary>
    public GlueTask Task { get; }

    /// <summary>The file, as the task has it.</summary>
    public GlueFile File { get; }

    /// <summary>Where it was read from.</summary>
    public string Path { get; }

    /// <summary>The examples in the file's order, at least one.</summary>
    public IReadOnlyList<GlueExample> Examples { get; }

    /// <summary>The rows that did not fit.</summary>
    public SkippedRows Skipped { get; }

    /// <summary>Reads the first file of a split.</summary>
    /// <param name="folder">The task's folder.</param>
    /// <param name="task">The task.</param>
    /// <param name="split">The split; labels of <see cref="GlueSplit.Test"/> are not read, whether there are some or not.</param>
    /// <param name="maxRows">Examples to stop after; null reads all.</param>
    /// <param name="strict">Whether a row that does not fit is an error; otherwise it is skipped and counted in <see cref="Skipped"/>.</param>
    /// <exception cref="DatasetException">The file is missing, holds no example, or contradicts the task.</exception>
    public static GlueDataset Load(string folder, GlueTask task, GlueSplit split, int? maxRows = null, bool strict = false) =>
        Load(folder, task, task.Files(split)[0], labelled: split != GlueSplit.Test, maxRows, strict);

    /// <summary>Reads a file.</summary>
    /// <param name="folder">The task's folder.</param>
    /// <param name="task">The task.</param>
    /// <param name="file">One of the task's files, or another with its layout.</param>
    /// <param name="labelled">Whether labels are read; where they are not, there need not be any.</param>
    /// <param name="maxRows">Examples to stop after; null reads all.</param>
    /// <param name="strict">Whether a row that does not fit is an error; otherwise it is skipped and counted in <see cref="Skipped"/>.</param>
    /// <exception cref="DatasetException">The file is missing, holds no example, or contradicts the task.</exception>
    public static GlueDataset Load(string folder, GlueTask task, GlueFile file, bool labelled, int? maxRows = null, bool strict = false)
    {
        if (maxRows is { } limit)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit, nameof(maxRows));
        var path = System.IO.Path.Combine(folder, file.Name);
        if (!System.IO.File.Exists(path))
            throw new DatasetException($"'{path}' does not exist; {task.Name} is looked for as {LookedFor(task)} in one folder, where no other name is given.");

        return new GlueFileReader(task, file, path, labelled, strict).Read(maxRows ?? int.MaxValue);
    }

    private static string LookedFor(GlueTask task)
    {
        string[] names = [task.Train.Name, .. task.Dev.Select(file => file.Name), .. task.Test.Select(file => file.Name)];
        return $"{string.Join(", ", names[..^1])} and {names[^1]}";
    }
}
