namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>A data file is missing or does not hold what its task says it should; the message is one line.</summary>
public sealed class DatasetException : Exception
{
    /// <summary>An exception without a message.</summary>
    public DatasetException()
    {
    }

    /// <summary>An exception with a message.</summary>
    public DatasetException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with a message and what led to it.</summary>
    public DatasetException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether what is wrong is that the labels are missing or hidden, as in test splits.</summary>
    public bool LacksLabels { get; init; }
}
