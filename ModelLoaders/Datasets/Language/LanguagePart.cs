using System.Globalization;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.Datasets.Language;

/// <summary>The training or the validation part of a data set.</summary>
/// <param name="Packed">Its texts in blocks.</param>
/// <param name="Counts">What it was made of, such as (100, "trees") or (546, "threads").</param>
public sealed record LanguagePart(PackedTexts Packed, IReadOnlyList<(int Count, string Of)> Counts)
{
    /// <summary>The blocks; for validation there may be none.</summary>
    public IReadOnlyList<TextBlock> Blocks => Packed.Blocks;

    /// <summary>One line for a log.</summary>
    public override string ToString()
    {
        if (Blocks.Count == 0)
            return "none";
        var made = string.Join(", ", Counts.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Count} {count.Of}")));
        var room = Packed.Tokens + Packed.Unused;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{made}; {Blocks.Count} blocks of up to {Packed.BlockSize} tokens: {Packed.Tokens} tokens, {Packed.Predicted} of them learned, {100.0 * Packed.Unused / room:0.0}% of the room unused; {Packed.CutTexts} texts cut, {Packed.LeftOut} without a learned token left out");
    }
}
