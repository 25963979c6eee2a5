namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>The file of one split.</summary>
/// <param name="Name">The file's name in the task's folder.</param>
/// <param name="HeaderlessColumns">The columns of a file without a header; null where the first line names the columns.</param>
public sealed record GlueFile(string Name, IReadOnlyList<string>? HeaderlessColumns = null);
