namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>Takes out of a tree what is not to be learned from, each message with what follows it.</summary>
/// <remarks>What is left alternates between user and assistant, and its leaves are answers.</remarks>
internal sealed class TreePruner(string? language)
{
    public LeftOutMessages LeftOut { get; } = new();

    /// <summary>Prunes a tree and puts replies in the order of their rank, unranked ones last.</summary>
    /// <returns>Whether anything is left.</returns>
    public bool Prune(TreeMessage root) => Keep(root, ChatRole.User);

    private bool Keep(TreeMessage message, ChatRole expected)
    {
        if (Unwanted(message, expected) is { } reason)
        {
            LeftOut.Add(reason, CountMessages(message));
            return false;
        }

        var next = expected == ChatRole.User ? ChatRole.Assistant : ChatRole.User;
        var kept = message.Replies.Where(reply => Keep(reply, next)).OrderBy(reply => reply.Rank ?? double.PositiveInfinity).ToArray();
        message.Replies.Clear();
        message.Replies.AddRange(kept);
        if (message.Role == ChatRole.Assistant || kept.Length > 0)
            return true;
        LeftOut.Add("without an answer", 1);
        return false;
    }

    private string? Unwanted(TreeMessage message, ChatRole expected) => message switch
    {
        { IsDeleted: true } => "deleted",
        { IsRejected: true } => "rejected by review",
        _ when language is not null && !language.Equals(message.Language, StringComparison.OrdinalIgnoreCase) => "not of the language",
        _ when string.IsNullOrWhiteSpace(message.Text) => "without text",
        _ when message.Role != expected => "out of turn",
        _ => null,
    };

    private static int CountMessages(TreeMessage message) => 1 + message.Replies.Sum(CountMessages);
}
