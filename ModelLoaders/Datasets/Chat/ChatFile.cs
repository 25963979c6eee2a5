namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>A chat file, read.</summary>
/// <param name="Path">The file.</param>
/// <param name="Trees">The trees that have a thread, at least one.</param>
/// <param name="Skipped">The rows that could not be read.</param>
/// <param name="LeftOut">The messages of trees that were not wanted.</param>
internal sealed record ChatFile(string Path, IReadOnlyList<ChatTree> Trees, SkippedRows Skipped, LeftOutMessages LeftOut)
{
    /// <summary>Lines for a log: what was not taken, if anything.</summary>
    public IEnumerable<string> Notes()
    {
        if (Skipped.Count > 0)
            yield return $"{Path}: {Skipped}";
        if (LeftOut.Count > 0)
            yield return $"{Path}: {LeftOut}";
    }
}
