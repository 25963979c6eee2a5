using System.Text;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>The tokens of a model and their ids, as a <c>vocab.txt</c> lists them: one a line, the id being the place in the file.</summary>
/// <remarks>
/// Lines end with LF, or with CR LF. Nothing else ends a line and nothing is trimmed, since characters such as
/// U+2028 and U+0085 are tokens in real vocabularies and losing one shifts every id behind it.
/// </remarks>
public sealed class Vocabulary
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string[] _tokens;
    private readonly Dictionary<string, int> _ids;

    /// <summary>A vocabulary of the given tokens, ids counting from 0.</summary>
    /// <remarks>Where a token occurs twice the later id counts, as in the reference.</remarks>
    public Vocabulary(IEnumerable<string> tokens)
    {
        _tokens = [.. tokens];
        _ids = new Dictionary<string, int>(_tokens.Length, StringComparer.Ordinal);
        for (var id = 0; id < _tokens.Length; id++)
            _ids[_tokens[id]] = id;
    }

    /// <summary>Number of tokens.</summary>
    public int Count => _tokens.Length;

    /// <summary>The tokens in the order of their ids.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>Reads a <c>vocab.txt</c>.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is empty, not UTF-8, or has an empty line before its end.</exception>
    public static Vocabulary Read(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"'{path}' does not exist.", path);
        return new Vocabulary(Lines(TokenizerFile.Read(path), path));
    }

    /// <summary>Looks up a token.</summary>
    public bool TryGetId(string token, out int id) => _ids.TryGetValue(token, out id);

    private static List<string> Lines(byte[] content, string path)
    {
        ReadOnlySpan<byte> rest = content;
        if (rest.StartsWith(Encoding.UTF8.Preamble))
            rest = rest[Encoding.UTF8.Preamble.Length..];

        var lines = new List<string>();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (line.EndsWith("\r"u8))
                line = line[..^1];
            if (line.IsEmpty)
                throw new InvalidDataException($"'{path}' line {lines.Count + 1} is empty; every line of a vocabulary is one token.");
            lines.Add(Decode(line, path, lines.Count + 1));
        }

        return lines.Count > 0 ? lines : throw new InvalidDataException($"'{path}' is empty; it should list one token a line.");
    }

    private static string Decode(ReadOnlySpan<byte> line, string path, int number)
    {
        try
        {
            return StrictUtf8.GetString(line);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException($"'{path}' line {number} is not valid UTF-8.", exception);
        }
    }
}
