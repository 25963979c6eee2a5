namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>One example of a task.</summary>
/// <param name="Text">The text.</param>
/// <param name="Pair">The second text, where the task has one.</param>
/// <param name="Label">The class's index, or the score; null where labels are not read.</param>
/// <param name="Line">The line of the file, from 1.</param>
/// <param name="Index">What the file calls the row; without a column for it the row's number from 0, skipped rows counted.</param>
public sealed record GlueExample(string Text, string? Pair, float? Label, int Line, string Index);
