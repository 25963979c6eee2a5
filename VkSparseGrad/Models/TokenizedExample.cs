namespace VkSparseGrad.Models;

/// <summary>One sequence as token ids, with its label.</summary>
/// <param name="Ids">Token ids, the special tokens included, without padding.</param>
/// <param name="TokenTypes">The segment of each token.</param>
/// <param name="Label">Class number, or the target of a regression, or null where it is not known.</param>
public sealed record TokenizedExample(int[] Ids, int[] TokenTypes, float? Label);
