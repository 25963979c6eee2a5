using System.Buffers;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Finds the names of special tokens in raw text, before it is normalised.</summary>
internal sealed class SpecialTokens
{
    private readonly (string Name, int Id)[] _longestFirst;
    private readonly SearchValues<string> _names;

    public SpecialTokens(IEnumerable<(string Name, int Id)> tokens)
    {
        _longestFirst = [.. tokens.Distinct().OrderByDescending(token => token.Name.Length)];
        _names = SearchValues.Create([.. _longestFirst.Select(token => token.Name)], StringComparison.Ordinal);
    }

    /// <summary>The first special token in a text: where it starts, how long it is, its id.</summary>
    public bool TryFind(ReadOnlySpan<char> text, out int start, out int length, out int id)
    {
        (length, id) = (0, 0);
        start = text.IndexOfAny(_names);
        if (start < 0)
            return false;
        foreach (var token in _longestFirst)
        {
            if (!text[start..].StartsWith(token.Name, StringComparison.Ordinal))
                continue;
            (length, id) = (token.Name.Length, token.Id);
            break;
        }

        return true;
    }
}
