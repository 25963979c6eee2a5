namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>What one tree of messages gives: its threads. Training and validation share no tree.</summary>
/// <param name="Threads">At least one.</param>
internal sealed record ChatTree(IReadOnlyList<Conversation> Threads);
