namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>A conversation: turns, each of which ends in an answer.</summary>
/// <param name="System">What the assistant is told in advance; null where it is told nothing.</param>
/// <param name="Turns">At least one.</param>
public sealed record Conversation(string? System, IReadOnlyList<ChatTurn> Turns);
