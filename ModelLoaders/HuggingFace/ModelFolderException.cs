namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>A model folder lacks something, or its configuration and weights do not fit together or the task.</summary>
/// <remarks>The message is one line: where, what is wrong, and what to do about it.</remarks>
public sealed class ModelFolderException : IOException
{
    /// <summary>Creates an exception without a message of its own.</summary>
    public ModelFolderException()
    {
    }

    /// <summary>Creates an exception.</summary>
    public ModelFolderException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with its cause.</summary>
    public ModelFolderException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal ModelFolderException(string path, string problem, Exception? cause = null)
        : base($"{path}: {problem}", cause)
    {
    }
}
