using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Characters with their accents taken off: the canonical decomposition (NFD) less nonspacing marks.</summary>
/// <remarks>
/// <see cref="string.Normalize()"/> does nothing but return its input where the application runs in invariant
/// globalization mode or without ICU, so the mapping comes with the library. Marks that are not nonspacing keep the
/// order they were written in; Unicode's reordering would touch only a handful of musical and tone marks.
/// </remarks>
internal static class CanonicalDecomposition
{
    private const string Resource = "VkSparseGrad.ModelLoaders.Tokenizers.CanonicalDecompositions.txt";

    private const int HangulFirst = 0xAC00;
    private const int HangulLast = 0xD7A3;
    private const int LeadFirst = 0x1100;
    private const int VowelFirst = 0x1161;
    private const int TailFirst = 0x11A7;
    private const int Vowels = 21;
    private const int Tails = 28;

    private static readonly FrozenDictionary<int, string> Bases = Read();

    /// <summary>What is left of a character, which may be nothing.</summary>
    public static void AppendWithoutMarks(Rune character, StringBuilder destination)
    {
        if (character.Value is >= HangulFirst and <= HangulLast)
            AppendHangul(character.Value - HangulFirst, destination);
        else if (Rune.GetUnicodeCategory(character) == UnicodeCategory.NonSpacingMark)
            return;
        else if (Bases.TryGetValue(character.Value, out var rest))
            destination.Append(rest);
        else
            destination.Append(character);
    }

    private static void AppendHangul(int syllable, StringBuilder destination)
    {
        destination.Append((char)(LeadFirst + syllable / (Vowels * Tails)));
        destination.Append((char)(VowelFirst + syllable / Tails % Vowels));
        if (syllable % Tails != 0)
            destination.Append((char)(TailFirst + syllable % Tails));
    }

    private static FrozenDictionary<int, string> Read()
    {
        using var stream = typeof(CanonicalDecomposition).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        var bases = new Dictionary<int, string>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            var codes = Array.ConvertAll(line.Split(' '), code => int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            bases.Add(codes[0], string.Concat(codes.Skip(1).Select(char.ConvertFromUtf32)));
        }

        return bases.ToFrozenDictionary();
    }
}
