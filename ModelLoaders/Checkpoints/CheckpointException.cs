namespace VkSparseGrad.ModelLoaders.Checkpoints;

/// <summary>A checkpoint cannot be written, is not whole, or is of another run.</summary>
/// <remarks>The message is one line: where, what is wrong, and what to do about it.</remarks>
public sealed class CheckpointException : IOException
{
    /// <summary>Creates an exception without a message of its own.</summary>
    public CheckpointException()
    {
    }

    /// <summary>Creates an exception.</summary>
    public CheckpointException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with its cause.</summary>
    public CheckpointException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
