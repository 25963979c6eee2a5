using System.Buffers;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Finds the names of special tokens in raw text, before it is normalised.</summary>
internal sealed class SpecialTokens
{
    private readonly SpecialToken[] _longestFirst;
    private readonly SearchValues<string> _names;

    public SpecialTokens(IEnumerable<SpecialToken> tokens)
    {
        _longestFirst = [.. tokens.Distinct().OrderByDescending(token => token.Name.Length)];
        _names = SearchValues.Create([.. _longestFirst.Select(token => token.Name)], StringComparison.Ordinal);
    }

    /// <summary>The first special token in a text, and where it starts.</summary>
    public SpecialToken? Find(ReadOnlySpan<char> text, out int start)
    {
        start = text.IndexOfAny(_names);
        if (start >= 0)
        {
            foreach (var token in _longestFirst)
            {
                if (text[start..].StartsWith(token.Name, StringComparison.Ordinal))
                    return token;
            }
        }

        return null;
    }
}

/// <summary>A token that is no text.</summary>
/// <param name="Name">How it is written.</param>
/// <param name="Id">Its id.</param>
/// <param name="TakesSpace">Whether white space in front of it belongs to it.</param>
/// <param name="TakesSpaceBehind">Whether white space behind it belongs to it.</param>
/// <param name="IsPrinted">Whether decoding writes its name.</param>
internal sealed record SpecialToken(string Name, int Id, bool TakesSpace = false, bool TakesSpaceBehind = false, bool IsPrinted = false);
