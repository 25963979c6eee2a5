namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>What of conversations is learned.</summary>
public sealed record ChatOptions
{
    /// <summary>Which tokens are learned.</summary>
    public LossOn LossOn { get; init; }

    /// <summary>Which threads of a tree are taken.</summary>
    public ThreadChoice Threads { get; init; }

    /// <summary>The language of the messages taken, as the file writes it, in any case; null takes all. A message that names none is of no language.</summary>
    public string? Language { get; init; }
}

/// <summary>Which tokens of a conversation are learned.</summary>
public enum LossOn
{
    /// <summary>Those of the answers, the token that ends each included.</summary>
    Answers,

    /// <summary>All.</summary>
    All,
}

/// <summary>Which threads of a tree of messages are taken.</summary>
public enum ThreadChoice
{
    /// <summary>One for every last answer. A message that several share is learned in the first of them only.</summary>
    All,

    /// <summary>One a tree: after each message the reply of the best rank.</summary>
    Best,
}
