using System.Text;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Cleans text as Hugging Face's <c>BertNormalizer</c> does, step by step in its order.</summary>
internal sealed class BertNormalizer(bool lowercase, bool stripAccents, bool splitChineseCharacters)
{
    private const int CapitalIWithDot = 0x130;

    /// <summary>Normalises a text; words are then separated by spaces, and by being punctuation.</summary>
    public string Normalize(ReadOnlySpan<char> text)
    {
        var result = new StringBuilder(text.Length);
        var bare = new StringBuilder(4);
        // Unpaired surrogates come out of the enumeration as U+FFFD, and go with it.
        foreach (var character in text.EnumerateRunes())
        {
            if (IsRemoved(character))
                continue;
            if (BertCharacters.IsWhiteSpace(character))
                result.Append(' ');
            else if (splitChineseCharacters && BertCharacters.IsChinese(character))
                AppendLetter(result.Append(' '), character, bare).Append(' ');
            else
                AppendLetter(result, character, bare);
        }

        return result.ToString();
    }

    private static bool IsRemoved(Rune character) =>
        character.Value is 0 or 0xFFFD || BertCharacters.IsControl(character);

    private StringBuilder AppendLetter(StringBuilder result, Rune character, StringBuilder bare)
    {
        if (!stripAccents || character.IsAscii)
            return AppendCased(result, character);

        CanonicalDecomposition.AppendWithoutMarks(character, bare.Clear());
        foreach (var rest in bare.ToString().EnumerateRunes())
            AppendCased(result, rest);
        return result;
    }

    // Lower-casing goes character by character: a final sigma is an ordinary one. U+0130 alone becomes two characters,
    // and .NET leaves it as it is.
    private StringBuilder AppendCased(StringBuilder result, Rune character)
    {
        if (!lowercase)
            return result.Append(character);
        return character.Value == CapitalIWithDot
            ? result.Append("i\u0307")
            : result.Append(Rune.ToLowerInvariant(character));
    }
}
