namespace VkSparseGrad.Devices;

/// <summary>The device, or the limit the caller set, has no room for an allocation.</summary>
public sealed class DeviceMemoryException : DeviceException
{
    /// <summary>Makes an exception without a message.</summary>
    public DeviceMemoryException()
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    public DeviceMemoryException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    public DeviceMemoryException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
