namespace VkSparseGrad.Devices;

/// <summary>Vulkan, a driver or a device cannot do what was asked; the message is one line that says what to do.</summary>
public class DeviceException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public DeviceException()
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    public DeviceException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    public DeviceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
