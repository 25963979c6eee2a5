using VkSparseGrad.ModelLoaders.Tokenizers;

namespace VkSparseGrad.Tests.Text;

/// <summary>A small vocabulary with one trap for every rule of WordPiece.</summary>
internal static class VocW
{
    public static readonly string[] Tokens =
        ("[PAD] [UNK] [CLS] [SEP] [MASK] cafe café note book notebook ##book a ##a b ##b e ##iff ##el ends ##ends end ##end ##s "
        + "hello ##llo 中 文 \U00020000 . ' \" ! the x ##x resume re ##sume un ##un ™ point naive [ ] sep 犬 İ i ß ss strasse").Split(' ');

    public static readonly WordPieceTokenizer Uncased = new(new Vocabulary(Tokens), new WordPieceOptions());

    public static readonly WordPieceTokenizer Cased = new(new Vocabulary(Tokens), new WordPieceOptions { Lowercase = false });

    /// <summary>A text's ids without those around it.</summary>
    public static int[] Words(this WordPieceTokenizer tokenizer, string text) => tokenizer.Encode(text, null, int.MaxValue).Ids[1..^1];
}
