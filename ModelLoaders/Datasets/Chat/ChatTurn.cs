namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>A message of the user's and its answer.</summary>
/// <param name="User">The message.</param>
/// <param name="Answer">The answer.</param>
/// <param name="IsUserNew">Whether no earlier thread of the tree holds the message.</param>
/// <param name="IsAnswerNew">Whether no earlier thread of the tree holds the answer. What is not new is read again, and not learned again.</param>
public sealed record ChatTurn(string User, string Answer, bool IsUserNew = true, bool IsAnswerNew = true);
