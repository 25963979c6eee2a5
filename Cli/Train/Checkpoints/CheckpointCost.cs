namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>What checkpoints cost a run.</summary>
/// <param name="Count">How many were written.</param>
/// <param name="MeanTime">Time for one.</param>
/// <param name="Bytes">Size of the last.</param>
internal sealed record CheckpointCost(int Count, TimeSpan MeanTime, long Bytes);
