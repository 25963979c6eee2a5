using System.Text;

namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>Reads tab-separated files as GLUE writes them: no quoting, empty cells count, one row a line.</summary>
/// <remarks>
/// Lines end with LF or CR LF only. General CSV readers, and .NET's own, also end a line at a lone CR; that would split
/// a row and shift the number of every line behind it.
/// </remarks>
internal static class TsvReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The rows of a file that are not blank, with their line numbers from 1.</summary>
    /// <exception cref="DatasetException">A line is not UTF-8.</exception>
    public static IEnumerable<(int Line, string[] Cells)> Read(string path) => Rows(File.ReadAllBytes(path), path);

    internal static IEnumerable<(int Line, string[] Cells)> Rows(ReadOnlyMemory<byte> content, string path)
    {
        if (content.Span.StartsWith(Encoding.UTF8.Preamble))
            content = content[Encoding.UTF8.Preamble.Length..];

        for (var number = 1; !content.IsEmpty; number++)
        {
            var end = content.Span.IndexOf((byte)'\n');
            var line = Decode(end < 0 ? content.Span : content.Span[..end], path, number);
            content = end < 0 ? default : content[(end + 1)..];
            if (!string.IsNullOrEmpty(line.Trim(' ')))
                yield return (number, line.Split('\t'));
        }
    }

    private static string Decode(ReadOnlySpan<byte> line, string path, int number)
    {
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        try
        {
            return StrictUtf8.GetString(line);
        }
        catch (DecoderFallbackException exception)
        {
            throw new DatasetException($"'{path}' line {number} is not valid UTF-8.", exception);
        }
    }
}
