namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>A file of a split.</summary>
/// <param name="Name">The file's name in the task's folder.</param>
/// <param name="HeaderlessColumns">The columns of a file without a header; null where the first line names the columns.</param>
public sealed record GlueFile(string Name, IReadOnlyList<string>? HeaderlessColumns = null)
{
    /// <summary>What the names of scores on this file end with, so that the scores of a split in several files differ.</summary>
    public string MetricSuffix { get; init; } = "";

    /// <summary>What the benchmark adds to the task's name in the name of this file's predictions.</summary>
    public string SubmissionSuffix { get; init; } = "";
}
