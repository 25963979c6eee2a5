using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace VkSparseGrad.ModelLoaders.Datasets.Language;

/// <summary>Reads the documents of a plain text file.</summary>
internal static class PlainTextReader
{
    /// <summary>Characters that a document may have, as it is encoded in one go.</summary>
    public const int LongestDocument = 64 << 20;

    /// <summary>The documents that are not blank, without blank lines around them and with line ends as LF.</summary>
    /// <param name="path">The file, in UTF-8.</param>
    /// <param name="separator">The line that parts documents, white space behind it aside; the empty one is a blank line; null parts none.</param>
    /// <exception cref="DatasetException">The file is no text in UTF-8, or a line or document is too long.</exception>
    public static IEnumerable<string> Read(string path, string? separator)
    {
        var document = new StringBuilder();
        foreach (var line in DataLines.Read(path))
        {
            var text = Decode(path, line);
            if (separator is not null && text.AsSpan().TrimEnd().SequenceEqual(separator))
            {
                if (Finish(document) is { } part)
                    yield return part;
                continue;
            }

            if (document.Length + text.Length >= LongestDocument)
            {
                throw new DatasetException(
                    $"'{path}' line {line.Number}: the document has more than {LongestDocument} characters; part it by lines and name their text as the separator.");
            }

            document.Append(text).Append('\n');
        }

        if (Finish(document) is { } last)
            yield return last;
    }

    private static string? Finish(StringBuilder document)
    {
        var text = document.ToString().Trim('\n');
        document.Clear();
        return string.IsNullOrWhiteSpace(text) ? null : text;
    }

    private static string Decode(string path, DataLine line)
    {
        if (line.IsTooLong)
            throw new DatasetException($"'{path}' line {line.Number} has more than {DataLines.Longest} bytes; break it into lines.");
        var bytes = line.Bytes.Span;
        var characters = new char[bytes.Length];
        if (Utf8.ToUtf16(bytes, characters, out var read, out var written, replaceInvalidSequences: false) != OperationStatus.Done)
            throw new DatasetException($"'{path}' line {line.Number} is not valid UTF-8 at byte {line.Offset + read} of the file; convert the file to UTF-8.");

        // UTF-16 without a byte order mark passes as UTF-8 with a NUL beside every letter.
        var nul = bytes.IndexOf((byte)0);
        if (nul >= 0)
            throw new DatasetException($"'{path}' line {line.Number} has a NUL at byte {line.Offset + nul} of the file, so it is no text in UTF-8; convert the file.");
        return new string(characters, 0, written);
    }
}
