using System.Buffers;
using System.Text;

namespace VkSparseGrad.ModelLoaders.Datasets.Language;

/// <summary>Reads a file line by line, holding one line at a time.</summary>
internal static class DataLines
{
    /// <summary>Bytes that a line may have: a book fits, a file without line ends need not be held.</summary>
    public const int Longest = 64 << 20;

    private const int ChunkSize = 1 << 16;

    /// <summary>The lines, which end with LF or CR LF. A byte order mark is passed over.</summary>
    public static IEnumerable<DataLine> Read(string path, int longest = Longest)
    {
        using var stream = File.OpenRead(path);
        var chunk = new byte[ChunkSize];
        var line = new ArrayBufferWriter<byte>();
        var (number, offset, length) = (1, 0L, 0L);
        int read;
        while ((read = stream.Read(chunk)) > 0)
        {
            for (ReadOnlyMemory<byte> rest = chunk.AsMemory(0, read); !rest.IsEmpty;)
            {
                var end = rest.Span.IndexOf((byte)'\n');
                var part = end < 0 ? rest : rest[..end];
                length += part.Length;
                if (length <= longest)
                    line.Write(part.Span);
                if (end < 0)
                    break;
                yield return Line(number++, offset, length, line.WrittenMemory, longest);
                line.ResetWrittenCount();
                (offset, length) = (offset + length + 1, 0);
                rest = rest[(end + 1)..];
            }
        }

        if (length > 0)
            yield return Line(number, offset, length, line.WrittenMemory, longest);
    }

    private static DataLine Line(int number, long offset, long length, ReadOnlyMemory<byte> bytes, int longest)
    {
        if (length > longest)
            return new DataLine(number, offset, default, IsTooLong: true);
        if (number == 1 && bytes.Span.StartsWith(Encoding.UTF8.Preamble))
        {
            offset += Encoding.UTF8.Preamble.Length;
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        }

        return new DataLine(number, offset, bytes.Span.EndsWith("\r"u8) ? bytes[..^1] : bytes, IsTooLong: false);
    }
}
