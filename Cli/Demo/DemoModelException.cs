namespace VkSparseGrad.Cli.Demo;

/// <summary>The demo model cannot be made; the message is one line that says what to do.</summary>
internal sealed class DemoModelException(string message, Exception? innerException = null) : IOException(message, innerException);
