using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Devices;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.CommandLine;

/// <summary>Failures that are told in one line. Any other exception is a fault of ours and keeps its stack trace.</summary>
internal static class ExpectedFailure
{
    public static bool Is(Exception exception) => exception
        is OperationCanceledException
        or DeviceException
        or TrainingException
        or DatasetException
        or IOException // of the loaders too, and of the demo model
        or InvalidDataException
        or UnauthorizedAccessException
        or ArgumentException
        or OverflowException;

    public static int Tell(Exception exception, TextWriter error)
    {
        bool isCancelled = exception is OperationCanceledException;
        error.WriteLine("error: " + (isCancelled && exception is not StoppedRunException ? "stopped before the end; nothing was written." : OneLine(exception.Message)));
        return isCancelled ? ExitCode.Cancelled : ExitCode.Failure;
    }

    public static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim();
}
