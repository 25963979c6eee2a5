namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Makes token ids of a text or a pair of texts, as a model takes them.</summary>
/// <remarks>Instances do not change and may be used by several threads at once.</remarks>
public abstract class TextTokenizer
{
    private readonly SequenceFormat _format;

    private protected TextTokenizer(SequenceFormat format) => _format = format;

    /// <summary>The id in front of every sequence.</summary>
    public int ClassifierId => _format.ClassifierId;

    /// <summary>The id that closes every text.</summary>
    public int SeparatorId => _format.SeparatorId;

    /// <summary>One more than the largest id: the rows that the word embedding table must have.</summary>
    public abstract int IdCount { get; }

    /// <summary>The tokens of a pair of empty texts: a limit must have room for them.</summary>
    public int ShortestPair => 2 + _format.SeparatorsBetween;

    /// <summary>Encodes a text between the ids that open and close it, of a pair both texts.</summary>
    /// <param name="text">The text; may be empty.</param>
    /// <param name="pair">The second text, or null.</param>
    /// <param name="maxLength">Most tokens, special ones included. Longer texts are cut at their ends, of a pair the longer one first.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit has no room for the special tokens.</exception>
    public TokenizedText Encode(string text, string? pair, int maxLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        var around = 2 + (pair is null ? 0 : _format.SeparatorsBetween);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, around);

        var first = new List<int>();
        var second = new List<int>();
        var specials = AppendIds(text, first) + (pair is null ? 0 : AppendIds(pair, second));
        var (keepFirst, keepSecond) = Truncation.LongestFirst(first.Count, second.Count, maxLength - around);

        var ids = new List<int>(around + keepFirst + keepSecond) { ClassifierId };
        ids.AddRange(first[..keepFirst]);
        var secondStart = ids.Count + _format.SeparatorsBetween;
        if (pair is not null)
        {
            ids.AddRange(Enumerable.Repeat(SeparatorId, _format.SeparatorsBetween));
            ids.AddRange(second[..keepSecond]);
        }

        ids.Add(SeparatorId);
        var tokenTypes = new int[ids.Count];
        if (pair is not null && _format.HasSegments)
            tokenTypes.AsSpan(secondStart).Fill(1);
        var isTruncated = keepFirst < first.Count || keepSecond < second.Count;
        return new TokenizedText([.. ids], tokenTypes, isTruncated, specials);
    }

    /// <summary>Appends the ids of text in which no special token is looked for.</summary>
    private protected abstract void AppendWords(ReadOnlySpan<char> text, List<int> ids);

    /// <summary>Appends a text's ids and returns how many special tokens' names stood in it.</summary>
    private int AppendIds(ReadOnlySpan<char> text, List<int> ids)
    {
        var found = 0;
        var plain = 0;
        var at = 0;
        while (_format.SpecialTokens.Find(text[at..], out var start) is { } token)
        {
            found++;
            start += at;
            at = start + token.Name.Length;
            if (!_format.MatchSpecialTokens)
                continue;
            var before = text[plain..start];
            AppendWords(token.TakesSpace ? before.TrimEnd() : before, ids);
            ids.Add(token.Id);
            plain = at;
        }

        AppendWords(text[plain..], ids);
        return found;
    }
}

/// <summary>What a model wants around its texts, and within them.</summary>
/// <param name="ClassifierId">The id in front of a sequence.</param>
/// <param name="SeparatorId">The id behind every text.</param>
/// <param name="SeparatorsBetween">How many of these stand between the texts of a pair.</param>
/// <param name="HasSegments">Whether the second text is another segment than the first.</param>
/// <param name="SpecialTokens">Their names in texts.</param>
/// <param name="MatchSpecialTokens">Whether such a name is that token, and not plain text.</param>
internal sealed record SequenceFormat(
    int ClassifierId, int SeparatorId, int SeparatorsBetween, bool HasSegments, SpecialTokens SpecialTokens, bool MatchSpecialTokens);
