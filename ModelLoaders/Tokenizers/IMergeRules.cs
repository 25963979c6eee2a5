namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Which neighbours in a text byte pair encoding joins, and which first.</summary>
internal interface IMergeRules
{
    /// <summary>The token of one character.</summary>
    bool TryGetCharacter(ReadOnlySpan<char> character, out int id);

    /// <summary>The token that two neighbours become.</summary>
    /// <param name="joined">The text of both.</param>
    /// <param name="left">The left one's id; negative for a character that is no token.</param>
    /// <param name="right">The right one's id, likewise.</param>
    /// <param name="merge">What they become.</param>
    bool TryMerge(ReadOnlySpan<char> joined, int left, int right, out Merge merge);
}

/// <summary>A token that two neighbours become.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Rank">The lower, the earlier.</param>
internal readonly record struct Merge(int Id, double Rank);

/// <summary>The merges that a <c>tokenizer.json</c> lists, in their order.</summary>
internal sealed class ListedMerges : IMergeRules
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly Dictionary<(int Left, int Right), Merge> _merges = [];

    /// <param name="ids">Ids by token.</param>
    /// <param name="merges">Two tokens with a space between, the most wanted first.</param>
    public ListedMerges(Dictionary<string, int> ids, List<string> merges)
    {
        _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var space = merges[rank].IndexOf(' ', StringComparison.Ordinal);
            var (left, right) = (merges[rank][..space], merges[rank][(space + 1)..]);
            _merges.Add((ids[left], ids[right]), new Merge(ids[left + right], rank));
        }
    }

    public bool TryGetCharacter(ReadOnlySpan<char> character, out int id) => _ids.TryGetValue(character, out id);

    public bool TryMerge(ReadOnlySpan<char> joined, int left, int right, out Merge merge) => _merges.TryGetValue((left, right), out merge);
}

/// <summary>SentencePiece's rule: whatever two neighbours spell a piece become it, the piece of the highest score first.</summary>
internal sealed class ScoredPieces : IMergeRules
{
    private readonly Dictionary<string, Merge>.AlternateLookup<ReadOnlySpan<char>> _pieces;
    private readonly int _longest;

    /// <param name="pieces">Pieces of text, their ranks being the scores with the sign turned.</param>
    public ScoredPieces(Dictionary<string, Merge> pieces)
    {
        _pieces = pieces.GetAlternateLookup<ReadOnlySpan<char>>();
        _longest = pieces.Keys.Max(piece => piece.Length);
    }

    public bool TryGetCharacter(ReadOnlySpan<char> character, out int id)
    {
        var found = _pieces.TryGetValue(character, out var piece);
        id = piece.Id;
        return found;
    }

    // The limit keeps the time of a long text from growing with the square of its length.
    public bool TryMerge(ReadOnlySpan<char> joined, int left, int right, out Merge merge)
    {
        merge = default;
        return joined.Length <= _longest && _pieces.TryGetValue(joined, out merge);
    }
}
