using System.Buffers;
using System.Text;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Makes text of token ids that come one at a time, as soon as its characters are whole.</summary>
/// <remarks>
/// The first word loses the space that encoding put in front of it. Special tokens are not written, nor are ids without a token. Of bytes
/// that are no UTF-8, each becomes U+FFFD, as in SentencePiece.
/// </remarks>
public sealed class IncrementalDecoder
{
    private readonly TokenTexts _texts;
    private readonly List<byte> _bytes = [];
    private bool _dropsSpace;

    internal IncrementalDecoder(TokenTexts texts, bool dropsSpace)
    {
        _texts = texts;
        _dropsSpace = dropsSpace;
    }

    /// <summary>Takes the next id.</summary>
    /// <returns>The text that it completes; empty where a character still lacks bytes, or nothing is written for the id.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id is negative.</exception>
    public string Append(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        if (_texts.TryGetByte(id, out var value))
        {
            _dropsSpace = false;
            _bytes.Add(value);
            return Characters(isEnd: false);
        }

        var text = _texts[id];
        var before = Flush();
        if (_dropsSpace && text.StartsWith(' '))
            text = text[1..];
        _dropsSpace &= _texts[id].Length == 0;
        return before + text;
    }

    /// <summary>Ends the text.</summary>
    /// <returns>U+FFFD for each byte of a character that was not completed.</returns>
    public string Flush() => _bytes.Count == 0 ? "" : Characters(isEnd: true);

    private string Characters(bool isEnd)
    {
        var text = new StringBuilder();
        while (_bytes.Count > 0)
        {
            var status = Rune.DecodeFromUtf8([.. _bytes], out var character, out var length);
            if (status == OperationStatus.NeedMoreData && !isEnd)
                break;
            var isCharacter = status == OperationStatus.Done;
            text.Append(isCharacter ? character : Rune.ReplacementChar);
            _bytes.RemoveRange(0, isCharacter ? length : 1);
        }

        return text.ToString();
    }
}
