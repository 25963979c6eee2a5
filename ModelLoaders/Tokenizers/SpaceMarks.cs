using System.Text;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Where a text gets a <c>▁</c> that no space of it stands for.</summary>
internal enum PrefixRule
{
    /// <summary>In front of every text, also one that begins with a space: SentencePiece's rule, and <c>legacy</c>.</summary>
    Every,

    /// <summary>In front of every text that does not begin with a space: <c>Metaspace</c> with the scheme <c>always</c>.</summary>
    WhereMissing,

    /// <summary>The same, but not behind a special token: <c>Metaspace</c> with the scheme <c>first</c>, and <c>legacy</c> turned off.</summary>
    WhereMissingAtStart,

    /// <summary>Nowhere.</summary>
    Never,
}

/// <summary>Writes <c>▁</c> for spaces, so that pieces keep them.</summary>
/// <param name="Prefix">Where a further one goes.</param>
/// <param name="RemovesExtraSpaces">Whether spaces at both ends go, and of several in a row all but one.</param>
internal sealed record SpaceMarks(PrefixRule Prefix, bool RemovesExtraSpaces = false)
{
    public const char Mark = '▁';

    /// <summary>Marks a text.</summary>
    /// <param name="text">The text; half a surrogate pair becomes U+FFFD.</param>
    /// <param name="isStart">Whether it is the first text, with no special token before it.</param>
    public string Apply(ReadOnlySpan<char> text, bool isStart)
    {
        if (RemovesExtraSpaces)
            text = text.Trim(' ');
        if (text.IsEmpty)
            return "";
        var result = new StringBuilder(text.Length + 1);
        if (HasPrefix(text[0] is ' ' or Mark, isStart))
            result.Append(Mark);
        var wasSpace = false;
        foreach (var character in text.EnumerateRunes())
        {
            var isSpace = character.Value == ' ';
            if (isSpace && !(wasSpace && RemovesExtraSpaces))
                result.Append(Mark);
            else if (!isSpace)
                result.Append(character);
            wasSpace = isSpace;
        }

        return result.ToString();
    }

    private bool HasPrefix(bool isMarked, bool isStart) => Prefix switch
    {
        PrefixRule.Every => true,
        PrefixRule.WhereMissing => !isMarked,
        PrefixRule.WhereMissingAtStart => isStart && !isMarked,
        _ => false,
    };
}
