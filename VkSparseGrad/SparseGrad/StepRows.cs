namespace VkSparseGrad.SparseGrad;

/// <summary>Rows that meet the weights in a step, all its batches together, on average over a run.</summary>
/// <param name="InBlocks">In every block but the last: the tokens.</param>
/// <param name="InLastBlock">In the last block, which computes what the loss sees and no more.</param>
internal readonly record struct StepRows(double InBlocks, double InLastBlock);
