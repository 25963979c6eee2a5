using VkSparseGrad.ModelLoaders.HuggingFace;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Makes token ids of a text or a pair of texts, as a model takes them.</summary>
/// <remarks>Instances do not change and may be used by several threads at once.</remarks>
public abstract class TextTokenizer
{
    private readonly SequenceFormat _format;

    private protected TextTokenizer(SequenceFormat format) => _format = format;

    /// <summary>One more than the largest id: the rows that the word embedding table must have.</summary>
    public abstract int IdCount { get; }

    /// <summary>The tokens of a pair of empty texts: a limit must have room for them.</summary>
    public int ShortestPair => _format.Front.Length + _format.Between.Length + _format.Behind.Length;

    /// <summary>Makes sure that a model has a word embedding for each id.</summary>
    /// <param name="folder">The model's folder, for the message.</param>
    /// <param name="embeddings">The rows of its word embedding table.</param>
    /// <exception cref="ModelFolderException">There are more ids than embeddings.</exception>
    public void RequireFits(string folder, int embeddings)
    {
        if (IdCount > embeddings)
        {
            throw new ModelFolderException(
                folder, $"the vocabulary has {IdCount} tokens, but the model has {embeddings} word embeddings; the files do not belong together");
        }
    }

    /// <summary>Encodes a text with the special ids that the model wants around it, of a pair both texts.</summary>
    /// <param name="text">The text; may be empty.</param>
    /// <param name="pair">The second text, or null.</param>
    /// <param name="maxLength">Most tokens, special ones included. Longer texts are cut at their ends, of a pair the longer one first.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit has no room for the special tokens.</exception>
    public TokenizedText Encode(string text, string? pair, int maxLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        var around = pair is null ? _format.Front.Length + _format.Behind.Length : ShortestPair;
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, around);

        var first = new List<int>();
        var second = new List<int>();
        var specials = AppendIds(text, first) + (pair is null ? 0 : AppendIds(pair, second));
        var (keepFirst, keepSecond) = Truncation.LongestFirst(first.Count, second.Count, maxLength - around);

        var ids = new List<int>(around + keepFirst + keepSecond);
        ids.AddRange(_format.Front);
        ids.AddRange(first[..keepFirst]);
        var secondStart = ids.Count + _format.Between.Length;
        if (pair is not null)
        {
            ids.AddRange(_format.Between);
            ids.AddRange(second[..keepSecond]);
        }

        ids.AddRange(_format.Behind);
        var tokenTypes = new int[ids.Count];
        if (pair is not null && _format.HasSegments)
            tokenTypes.AsSpan(secondStart).Fill(1);
        var isTruncated = keepFirst < first.Count || keepSecond < second.Count;
        return new TokenizedText([.. ids], tokenTypes, isTruncated, specials);
    }

    /// <summary>Appends the ids of text in which no special token is looked for.</summary>
    /// <param name="text">What stands before, between or behind the special tokens.</param>
    /// <param name="isStart">Whether nothing stands before it.</param>
    /// <param name="ids">Where they go.</param>
    private protected abstract void AppendWords(ReadOnlySpan<char> text, bool isStart, List<int> ids);

    /// <summary>Appends a text's ids and returns how many special tokens' names stood in it.</summary>
    private protected int AppendIds(ReadOnlySpan<char> text, List<int> ids)
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
            AppendWords(token.TakesSpace ? before.TrimEnd() : before, plain == 0, ids);
            ids.Add(token.Id);
            if (token.TakesSpaceBehind)
                at = text.Length - text[at..].TrimStart().Length;
            plain = at;
        }

        AppendWords(text[plain..], plain == 0, ids);
        return found;
    }
}

/// <summary>What a model wants around its texts, and within them.</summary>
/// <param name="Front">The ids in front of a sequence.</param>
/// <param name="Between">Those between the texts of a pair.</param>
/// <param name="Behind">Those that close it.</param>
/// <param name="HasSegments">Whether the second text is another segment than the first.</param>
/// <param name="SpecialTokens">Their names in texts.</param>
/// <param name="MatchSpecialTokens">Whether such a name is that token, and not plain text.</param>
internal sealed record SequenceFormat(
    int[] Front, int[] Between, int[] Behind, bool HasSegments, SpecialTokens SpecialTokens, bool MatchSpecialTokens);
