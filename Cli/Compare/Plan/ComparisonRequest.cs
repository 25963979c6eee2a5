using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Cli.Compare.Plan;

/// <summary>What a comparison was asked for, on the command line or in a file.</summary>
/// <remarks>Settings are texts under the names of train's options: that command's own reading of them is the only one.</remarks>
internal sealed record ComparisonRequest
{
    public required string Model { get; init; }

    /// <summary>The folder that holds the tasks' folders.</summary>
    public required string Data { get; init; }

    public required string Output { get; init; }

    public required IReadOnlyList<TaskRequest> Tasks { get; init; }

    public required IReadOnlyList<MethodRequest> Methods { get; init; }

    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>Settings of every cell. A task's take their place, and a method's that of both.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>Fractions that each SparseGrad and MeProp method is run with; empty for its own.</summary>
    public IReadOnlyList<string> Fractions { get; init; } = [];

    /// <summary>Selections that each SparseGrad method is run with; empty for its own.</summary>
    public IReadOnlyList<string> Selections { get; init; } = [];

    /// <summary>Numbers of preliminary steps that each SparseGrad method is run with; empty for its own.</summary>
    public IReadOnlyList<string> PreliminarySteps { get; init; } = [];

    /// <summary>The command line or the file, as it was given.</summary>
    public required string Source { get; init; }
}

/// <summary>A task of a comparison.</summary>
/// <param name="Task">The task.</param>
/// <param name="Folder">Its folder, absolute or in the data folder; null for the one that has its name.</param>
/// <param name="Settings">Settings of its cells.</param>
internal sealed record TaskRequest(GlueTask Task, string? Folder, IReadOnlyDictionary<string, string> Settings);

/// <summary>A method of a comparison.</summary>
/// <param name="Name">What it is called in the tables.</param>
/// <param name="Method">Its name on train's command line.</param>
/// <param name="Settings">Settings of its cells.</param>
internal sealed record MethodRequest(string Name, string Method, IReadOnlyDictionary<string, string> Settings);
