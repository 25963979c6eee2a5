using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.Datasets.Language;

/// <summary>Texts in blocks, and what packing them cost.</summary>
/// <param name="Blocks">The blocks, each with at least one token to predict.</param>
/// <param name="BlockSize">Most tokens of a block.</param>
/// <param name="CutTexts">Texts that were longer than a block.</param>
/// <param name="LeftOut">Texts and pieces of cut ones that had nothing to predict.</param>
public sealed record PackedTexts(IReadOnlyList<TextBlock> Blocks, int BlockSize, int CutTexts, int LeftOut)
{
    /// <summary>Tokens of all blocks.</summary>
    public long Tokens { get; } = Blocks.Sum(block => (long)block.Tokens);

    /// <summary>Tokens that are predicted.</summary>
    public long Predicted { get; } = Blocks.Sum(block => (long)block.Predicted);

    /// <summary>Room for tokens that stayed empty.</summary>
    public long Unused => ((long)Blocks.Count * BlockSize) - Tokens;
}
