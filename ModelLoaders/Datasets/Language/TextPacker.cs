using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.Datasets.Language;

/// <summary>Puts texts together in blocks of bounded size.</summary>
/// <remarks>
/// A text that fits is not cut: it goes into the first of the last <see cref="OpenBlocks"/> blocks that has room for it. A longer
/// one is cut into pieces of the block's size. Each piece repeats the last token of the one in front of it: a piece's first token
/// is not predicted, so that every learned token is predicted exactly once.
/// </remarks>
public static class TextPacker
{
    /// <summary>Blocks that are looked through for room; the time is linear in the texts.</summary>
    internal const int OpenBlocks = 64;

    /// <summary>The smallest block: a token, and one to predict from it.</summary>
    public const int SmallestBlock = 2;

    /// <summary>Packs texts; the same texts in the same order give the same blocks.</summary>
    /// <param name="texts">The texts. What has nothing to predict is left out and counted.</param>
    /// <param name="blockSize">Most tokens of a block, at least <see cref="SmallestBlock"/>.</param>
    public static PackedTexts Pack(IEnumerable<LearnedText> texts, int blockSize)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, SmallestBlock);

        var blocks = new List<OpenBlock>();
        var (cut, leftOut) = (0, 0);
        foreach (var text in texts)
        {
            if (text.Ids.Length > blockSize)
                cut++;
            foreach (var piece in Pieces(text, blockSize))
            {
                if (piece.Predicted == 0)
                    leftOut++;
                else
                    Place(piece, blocks, blockSize);
            }
        }

        return new PackedTexts([.. blocks.Select(block => new TextBlock(block.Texts))], blockSize, cut, leftOut);
    }

    private static IEnumerable<LearnedText> Pieces(LearnedText text, int size)
    {
        if (text.Ids.Length <= size)
        {
            yield return text;
            yield break;
        }

        for (var start = 0; start < text.Ids.Length - 1; start += size - 1)
        {
            var end = Math.Min(start + size, text.Ids.Length);
            yield return new LearnedText(text.Ids[start..end], text.IsLearned[start..end]);
        }
    }

    private static void Place(LearnedText text, List<OpenBlock> blocks, int blockSize)
    {
        for (var index = Math.Max(0, blocks.Count - OpenBlocks); index < blocks.Count; index++)
        {
            if (blocks[index].Tokens + text.Ids.Length <= blockSize)
            {
                blocks[index].Add(text);
                return;
            }
        }

        var block = new OpenBlock();
        block.Add(text);
        blocks.Add(block);
    }

    private sealed class OpenBlock
    {
        public List<LearnedText> Texts { get; } = [];

        public int Tokens { get; private set; }

        public void Add(LearnedText text)
        {
            Texts.Add(text);
            Tokens += text.Ids.Length;
        }
    }
}
