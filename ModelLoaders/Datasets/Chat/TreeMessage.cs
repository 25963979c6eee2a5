namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>A message and its replies, as a file has them.</summary>
internal sealed class TreeMessage
{
    /// <summary>Messages that a thread may have. Threads are walked by recursion; the longest of OpenAssistant's have about a dozen.</summary>
    public const int MaxDepth = 255;

    public required string Text { get; init; }

    public required ChatRole Role { get; init; }

    /// <summary>The language's code; null where the file names none.</summary>
    public string? Language { get; init; }

    public bool IsDeleted { get; init; }

    /// <summary>Whether reviewers turned it down.</summary>
    public bool IsRejected { get; init; }

    /// <summary>Its place among its siblings, 0 being the best; null where they were not ranked.</summary>
    public double? Rank { get; init; }

    public List<TreeMessage> Replies { get; } = [];
}
