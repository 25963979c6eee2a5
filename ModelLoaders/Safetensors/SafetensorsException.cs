namespace VkSparseGrad.ModelLoaders.Safetensors;

/// <summary>A file is not what the safetensors format demands, or cannot give what was asked of it.</summary>
/// <remarks>The message is one line: the file, what is wrong, and what to do about it.</remarks>
public sealed class SafetensorsException : IOException
{
    /// <summary>Creates an exception without a message of its own.</summary>
    public SafetensorsException()
    {
    }

    /// <summary>Creates an exception.</summary>
    public SafetensorsException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with its cause.</summary>
    public SafetensorsException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal SafetensorsException(string path, string problem, Exception? cause = null)
        : base($"{path}: {problem}", cause)
    {
    }
}
