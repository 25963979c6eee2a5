namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>What a run was asked about its checkpoints.</summary>
internal sealed record CheckpointSettings
{
    /// <summary>The value of <c>--resume</c> that stands for the newest complete checkpoint.</summary>
    public const string Last = "last";

    public const int DefaultKeep = 2;

    /// <summary>Steps from one checkpoint to the next; null for none.</summary>
    public int? SaveSteps { get; init; }

    /// <summary>How many of the newest stay.</summary>
    public int Keep { get; init; } = DefaultKeep;

    /// <summary>The folder that holds them; null takes the one beside the output, or that of the checkpoint to go on from.</summary>
    public string? Folder { get; init; }

    /// <summary>A checkpoint's folder, or <see cref="Last"/>; null to begin from the model.</summary>
    public string? Resume { get; init; }

    /// <summary>The folder that holds them.</summary>
    /// <param name="output">The output folder.</param>
    /// <exception cref="ArgumentException">The checkpoint to go on from lies elsewhere.</exception>
    public string FolderFor(string output)
    {
        if (Resume is null or Last)
            return Folder ?? Path.TrimEndingDirectorySeparator(output) + ".checkpoints";
        string parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Resume))) ?? Resume;
        if (Folder is not null && Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder)) != parent)
            throw new ArgumentException($"--resume {Resume} does not lie in --checkpoints {Folder}; leave out --checkpoints.");
        return parent;
    }
}
