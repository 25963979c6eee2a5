using System.Text;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Splits normalised text into words: at white space, which goes, and around every punctuation character, which stays.</summary>
internal static class BertPreTokenizer
{
    /// <summary>Where the words are.</summary>
    public static IEnumerable<Range> Split(string text)
    {
        var start = 0;
        for (var at = 0; at < text.Length;)
        {
            var character = Rune.GetRuneAt(text, at);
            var next = at + character.Utf16SequenceLength;
            var punctuation = BertCharacters.IsPunctuation(character);
            if (punctuation || BertCharacters.IsWhiteSpace(character))
            {
                if (at > start)
                    yield return start..at;
                if (punctuation)
                    yield return at..next;
                start = next;
            }

            at = next;
        }

        if (text.Length > start)
            yield return start..;
    }
}
