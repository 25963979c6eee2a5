namespace VkSparseGrad.Training;

/// <summary>Training cannot go on; the message is one line that says where and what to do.</summary>
public sealed class TrainingException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public TrainingException()
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    public TrainingException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    public TrainingException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
