namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>A run was stopped that can go on from a checkpoint; the message says from which.</summary>
internal sealed class StoppedRunException(string message, Exception cause) : OperationCanceledException(message, cause);
