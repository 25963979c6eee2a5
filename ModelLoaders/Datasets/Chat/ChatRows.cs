using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using VkSparseGrad.ModelLoaders.Datasets.Language;

namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>The rows of a chat file: the lines of JSON Lines, or the elements of one JSON array.</summary>
internal static class ChatRows
{
    /// <summary>Bytes that an array may have, as it is read in one go.</summary>
    public const int LongestArray = 256 << 20;

    /// <summary>Levels of JSON: two a message, and a few around them.</summary>
    private const int MaxDepth = (2 * TreeMessage.MaxDepth) + 8;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>Whether the first thing in the file opens an array.</summary>
    public static bool IsArray(string path)
    {
        using var stream = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4096];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (start.StartsWith(Encoding.UTF8.Preamble))
            start = start[Encoding.UTF8.Preamble.Length..];
        return start.TrimStart(" \t\r\n"u8).StartsWith("["u8);
    }

    /// <summary>Goes through the rows.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">Told of each row with its number from 1; blank lines count.</param>
    /// <param name="reject">Told of each that is no JSON.</param>
    /// <exception cref="DatasetException">An array is too large or not JSON.</exception>
    public static void Read(string path, Action<int, JsonElement> read, Action<int, string> reject)
    {
        if (IsArray(path))
            ReadArray(path, read);
        else
            ReadLines(path, read, reject);
    }

    private static void ReadLines(string path, Action<int, JsonElement> read, Action<int, string> reject)
    {
        foreach (var line in DataLines.Read(path))
        {
            if (line.IsTooLong)
                reject(line.Number, $"more than {DataLines.Longest} bytes");
            else if (!Utf8.IsValid(line.Bytes.Span))
                reject(line.Number, "not valid UTF-8");
            else if (!line.Bytes.Span.Trim(" \t"u8).IsEmpty)
                ReadLine(line, read, reject);
        }
    }

    private static void ReadLine(DataLine line, Action<int, JsonElement> read, Action<int, string> reject)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line.Bytes, Options);
        }
        catch (JsonException)
        {
            reject(line.Number, $"not JSON, or nested more than {MaxDepth} deep");
            return;
        }

        using (document)
            read(line.Number, document.RootElement);
    }

    private static void ReadArray(string path, Action<int, JsonElement> read)
    {
        var length = new FileInfo(path).Length;
        if (length > LongestArray)
            throw new DatasetException($"'{path}' has {length} bytes, of a JSON array at most {LongestArray} are read; write one element a line, as JSON Lines.");
        ReadOnlyMemory<byte> bytes = File.ReadAllBytes(path);
        if (!Utf8.IsValid(bytes.Span))
            throw new DatasetException($"'{path}' is not valid UTF-8; convert the file to UTF-8.");
        if (bytes.Span.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[Encoding.UTF8.Preamble.Length..];

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(bytes, Options);
        }
        catch (JsonException exception)
        {
            throw new DatasetException($"'{path}' line {exception.LineNumber + 1} is not JSON, or nested more than {MaxDepth} deep.", exception);
        }

        using (document)
        {
            var number = 0;
            foreach (var element in document.RootElement.EnumerateArray())
                read(++number, element);
        }
    }
}
