using System.Globalization;
using System.Text;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>The classes of characters BERT's tokenizer tells apart, as its reference in Rust draws them.</summary>
/// <remarks>
/// The reference's tables are of Unicode 8, .NET's are newer. They differ on some 660 rare characters that were assigned
/// since, such as U+2E5D; no BERT vocabulary holds them.
/// </remarks>
internal static class BertCharacters
{
    /// <summary>Whether a character separates words.</summary>
    public static bool IsWhiteSpace(Rune character) => Rune.IsWhiteSpace(character);

    /// <summary>Whether a character vanishes: control, format and private-use ones, but not TAB, LF and CR.</summary>
    public static bool IsControl(Rune character) => character.Value is not ('\t' or '\n' or '\r')
        && Rune.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.PrivateUse;

    /// <summary>Whether a character is a word of its own for being punctuation: Unicode's, and all ASCII symbols.</summary>
    public static bool IsPunctuation(Rune character) => character.IsAscii
        ? (char)character.Value is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
        : Rune.IsPunctuation(character);

    /// <summary>Whether a character lies in a block of Chinese ideographs.</summary>
    /// <remarks>The sixth range starts at U+2B920 in the Rust library, where the original has U+2B820; the vocabularies hold neither.</remarks>
    public static bool IsChinese(Rune character) => character.Value is
        (>= 0x4E00 and <= 0x9FFF)
        or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F)
        or (>= 0x2B920 and <= 0x2CEAF)
        or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x2F800 and <= 0x2FA1F);
}
