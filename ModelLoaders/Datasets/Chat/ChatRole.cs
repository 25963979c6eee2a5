namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>Who wrote a message.</summary>
internal enum ChatRole
{
    /// <summary>Who asks.</summary>
    User,

    /// <summary>Who answers.</summary>
    Assistant,
}
