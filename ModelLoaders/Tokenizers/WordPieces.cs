namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Spells a word in pieces of the vocabulary, always taking the longest that fits.</summary>
internal sealed class WordPieces
{
    // Bounds the quadratic search; such words are addresses and noise.
    private const int LongestWord = 100;
    private const string ContinuationPrefix = "##";

    private readonly int _unknownId;
    private readonly int _longestPiece;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _starts;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _continuations;

    public WordPieces(Vocabulary vocabulary, int unknownId)
    {
        _unknownId = unknownId;
        var starts = new Dictionary<string, int>(StringComparer.Ordinal);
        var continuations = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < vocabulary.Count; id++)
        {
            var token = vocabulary.Tokens[id];
            starts[token] = id;
            if (token.StartsWith(ContinuationPrefix, StringComparison.Ordinal))
                continuations[token[ContinuationPrefix.Length..]] = id;
            _longestPiece = Math.Max(_longestPiece, token.Length);
        }

        _starts = starts.GetAlternateLookup<ReadOnlySpan<char>>();
        _continuations = continuations.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Appends a word's ids; one unknown token for the whole of it where any part cannot be spelt.</summary>
    public void Append(ReadOnlySpan<char> word, List<int> ids)
    {
        var before = ids.Count;
        if (!IsTooLong(word) && TrySpell(word, ids))
            return;
        ids.RemoveRange(before, ids.Count - before);
        ids.Add(_unknownId);
    }

    private bool TrySpell(ReadOnlySpan<char> word, List<int> ids)
    {
        var pieces = _starts;
        while (!word.IsEmpty)
        {
            // A length that halves a surrogate pair finds nothing: no token ends in one.
            var length = Math.Min(word.Length, _longestPiece);
            int id;
            while (!pieces.TryGetValue(word[..length], out id))
            {
                if (--length == 0)
                    return false;
            }

            ids.Add(id);
            word = word[length..];
            pieces = _continuations;
        }

        return true;
    }

    // Characters count, not UTF-16 units.
    private static bool IsTooLong(ReadOnlySpan<char> word)
    {
        if (word.Length <= LongestWord)
            return false;
        var characters = 0;
        foreach (var _ in word.EnumerateRunes())
        {
            if (++characters > LongestWord)
                return true;
        }

        return false;
    }
}
