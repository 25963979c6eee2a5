using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Splits text as GPT-2 does, by
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.</summary>
/// <remarks>Not by that expression itself: .NET's looks at UTF-16 units, of which no half of a pair is a letter.</remarks>
internal sealed class Gpt2PreTokenizer : PreTokenizer
{
    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Class
    {
        Space,
        Letter,
        Number,
        Other,
    }

    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => Split(text);

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => Split(text);

    private static List<(int Offset, int Length)> Split(ReadOnlySpan<char> text)
    {
        var words = new List<(int, int)>();
        for (var at = 0; at < text.Length;)
        {
            var length = WordLength(text[at..]);
            words.Add((at, length));
            at += length;
        }

        return words;
    }

    private static int WordLength(ReadOnlySpan<char> text)
    {
        foreach (var contraction in Contractions)
        {
            if (text.StartsWith(contraction, StringComparison.Ordinal))
                return contraction.Length;
        }

        // A word may have one space in front, but none that is not U+0020.
        var start = text[0] == ' ' && text.Length > 1 && ClassAt(text[1..], out _) != Class.Space ? 1 : 0;
        var kind = ClassAt(text[start..], out _);
        var end = start + RunLength(text[start..], kind);
        if (kind != Class.Space || end == text.Length)
            return end;

        // The last space of a run goes to what follows, where the run is longer than that.
        return Math.Max(1, end - 1);
    }

    private static int RunLength(ReadOnlySpan<char> text, Class kind)
    {
        var end = 0;
        while (end < text.Length && ClassAt(text[end..], out var length) == kind)
            end += length;
        return end;
    }

    private static Class ClassAt(ReadOnlySpan<char> text, out int length)
    {
        // Half a pair becomes U+FFFD, which is no letter.
        Rune.DecodeFromUtf16(text, out var rune, out length);
        if (Rune.IsWhiteSpace(rune))
            return Class.Space;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or
                UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Class.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Class.Number,
            _ => Class.Other,
        };
    }
}
