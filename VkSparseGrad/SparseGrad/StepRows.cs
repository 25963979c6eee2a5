namespace VkSparseGrad.SparseGrad;

/// <summary>Rows of activations that half-rotated weights would rotate in a step: what meets a weight, all batches of the step together,
/// once a pass. On average over a run.</summary>
/// <param name="InBlocks">In every block but the last: of all tokens.</param>
/// <param name="InLastBlock">In the last block, which computes what the loss sees and no more.</param>
internal readonly record struct StepRows(double InBlocks, double InLastBlock);
