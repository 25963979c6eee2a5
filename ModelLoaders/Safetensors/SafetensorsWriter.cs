using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using VkSparseGrad.Files;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.ModelLoaders.Safetensors;

/// <summary>Fills a whole tensor, row-major, when its turn to be written comes.</summary>
/// <typeparam name="T">The element type handed over.</typeparam>
/// <param name="destination">As long as the product of the dimensions, at most 2,147,483,647; undefined before.</param>
public delegate void TensorFiller<T>(Span<T> destination);

/// <summary>Collects the tensors of a file and writes them, one at a time in memory.</summary>
/// <remarks>
/// Tensors are laid out by falling element size and otherwise in the order they were added, and the header is padded
/// to a multiple of 8 bytes, so every tensor is aligned to its element size. <c>__metadata__</c> always says
/// <c>"format": "pt"</c>, which other loaders demand.
/// </remarks>
public sealed class SafetensorsWriter
{
    private const int ChunkElements = 1 << 14;

    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<Entry> _entries = [];

    /// <summary>Creates a writer of an empty file.</summary>
    /// <param name="metadata">Entries for <c>__metadata__</c>, such as those of the file that this one derives from.</param>
    public SafetensorsWriter(IReadOnlyDictionary<string, string>? metadata = null)
    {
        foreach ((string key, string value) in metadata ?? new Dictionary<string, string>())
            _metadata[key] = value;
        _metadata["format"] = "pt";
    }

    /// <summary>The tensors added so far.</summary>
    internal IReadOnlyCollection<string> Names => _names;

    /// <summary>The bytes of their elements.</summary>
    internal long ByteLength => _entries.Sum(entry => entry.ByteLength);

    /// <summary>Adds a tensor of floats, narrowed to nearest, ties to even.</summary>
    /// <param name="name">A name not added before.</param>
    /// <param name="type">F64, F32, F16 or BF16.</param>
    /// <param name="shape">The dimensions, outermost first; empty for a scalar.</param>
    /// <param name="fill">Called once by every save.</param>
    /// <exception cref="ArgumentException">The name, type or shape is not allowed.</exception>
    public void AddFloats(string name, SafetensorsType type, IReadOnlyList<long> shape, TensorFiller<float> fill)
    {
        if (!type.IsFloat())
            throw new ArgumentException($"floats cannot be written as {type.Name()}", nameof(type));
        AddConverted(name, type, shape, fill, Elements.FromFloat);
    }

    /// <summary>Adds a tensor of integers.</summary>
    /// <param name="name">A name not added before.</param>
    /// <param name="type">I64, I32, I16, I8, U32, U16, U8 or BOOL.</param>
    /// <param name="shape">The dimensions, outermost first; empty for a scalar.</param>
    /// <param name="fill">Called once by every save.</param>
    /// <exception cref="ArgumentException">The name, type or shape is not allowed.</exception>
    public void AddInt64(string name, SafetensorsType type, IReadOnlyList<long> shape, TensorFiller<long> fill)
    {
        if (!Elements.FitsInt64(type))
            throw new ArgumentException($"integers cannot be written as {type.Name()}", nameof(type));
        AddConverted(name, type, shape, fill, Elements.FromInt64);
    }

    /// <summary>Adds a tensor as raw little-endian bytes.</summary>
    /// <param name="name">A name not added before.</param>
    /// <param name="type">Any type.</param>
    /// <param name="shape">The dimensions, outermost first; empty for a scalar.</param>
    /// <param name="write">Called once by every save; writes exactly the tensor's bytes.</param>
    /// <exception cref="ArgumentException">The name or shape is not allowed.</exception>
    public void AddBytes(string name, SafetensorsType type, IReadOnlyList<long> shape, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(shape);
        SafetensorsNames.Require(name);
        if (shape.Count > SafetensorsHeader.MaximumRank || shape.Any(d => d < 0))
            throw new ArgumentException($"{Printable.Shape(shape)} is not a shape", nameof(shape));
        long bytes;
        try
        {
            bytes = shape.Aggregate((long)type.Size(), (product, dimension) => checked(product * dimension));
        }
        catch (OverflowException e)
        {
            throw new ArgumentException($"{Printable.Shape(shape)} has more bytes than 64 bits can count", nameof(shape), e);
        }

        if (!_names.Add(name))
            throw new ArgumentException($"a tensor {Printable.Quote(name)} was added before", nameof(name));
        _entries.Add(new Entry(name, type, [.. shape], bytes, write));
    }

    /// <summary>Adds a tensor of another file, byte for byte under its own name.</summary>
    /// <param name="source">Must stay open until the save is done.</param>
    /// <param name="name">The tensor's name in <paramref name="source"/>.</param>
    /// <exception cref="KeyNotFoundException">The source has no such tensor.</exception>
    public void AddCopy(SafetensorsFile source, string name)
    {
        ArgumentNullException.ThrowIfNull(source);
        SafetensorsTensor tensor = source[name];
        AddBytes(name, tensor.Type, tensor.Shape, stream =>
        {
            byte[] buffer = new byte[(int)Math.Min(tensor.ByteLength, 1 << 16)];
            for (long done = 0; done < tensor.ByteLength;)
            {
                Span<byte> chunk = buffer.AsSpan(0, (int)Math.Min(tensor.ByteLength - done, buffer.Length));
                source.ReadBytes(name, done, chunk);
                stream.Write(chunk);
                done += chunk.Length;
            }
        });
    }

    /// <summary>Writes the file: aside in the same folder, flushed to disk, then renamed.</summary>
    /// <remarks>If anything fails, a file that was at <paramref name="path"/> stays as it was.</remarks>
    /// <exception cref="IOException">The disk is full or the folder missing.</exception>
    /// <exception cref="OverflowException">A value is too large for its tensor's type; the message names the tensor.</exception>
    /// <exception cref="InvalidOperationException">A raw tensor was given more or fewer bytes than its shape demands.</exception>
    /// <exception cref="SafetensorsException">The header would be longer than readers accept.</exception>
    public void Save(string path)
    {
        // A stable sort: wide elements first keeps every tensor aligned.
        Entry[] entries = [.. _entries.OrderByDescending(e => e.Type.Size())];
        byte[] header = Header(entries);
        if (header.Length - sizeof(ulong) > SafetensorsHeader.MaximumLength)
            throw new SafetensorsException(path, $"the header would be {header.Length - sizeof(ulong)} bytes long, the limit is {SafetensorsHeader.MaximumLength}; split the tensors over several files");

        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (Entry entry in entries)
                Write(entry, stream);
        });
    }

    private static void Write(Entry entry, FileStream stream)
    {
        long start = stream.Position;
        try
        {
            entry.Write(stream);
        }
        catch (OverflowException e)
        {
            throw new OverflowException($"tensor {Printable.Quote(entry.Name)}: {e.Message}; save it in a wider type", e);
        }

        if (stream.Position - start != entry.ByteLength)
            throw new InvalidOperationException($"tensor {Printable.Quote(entry.Name)} was given {stream.Position - start} bytes, expected {entry.ByteLength}");
    }

    private byte[] Header(Entry[] entries)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(new byte[sizeof(ulong)]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject(SafetensorsHeader.MetadataKey);
            foreach ((string key, string value) in _metadata)
                json.WriteString(key, value);
            json.WriteEndObject();
            long begin = 0;
            foreach (Entry entry in entries)
            {
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", entry.Type.Name());
                WriteArray(json, "shape", entry.Shape);
                WriteArray(json, "data_offsets", [begin, checked(begin + entry.ByteLength)]);
                json.WriteEndObject();
                begin += entry.ByteLength;
            }

            json.WriteEndObject();
        }

        byte[] header = new byte[(buffer.WrittenCount + 7) / 8 * 8];
        header.AsSpan().Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - sizeof(ulong)));
        return header;
    }

    private static void WriteArray(Utf8JsonWriter json, string key, long[] values)
    {
        json.WriteStartArray(key);
        foreach (long value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private void AddConverted<T>(string name, SafetensorsType type, IReadOnlyList<long> shape, TensorFiller<T> fill, Elements.Writer<T> convert)
        where T : unmanaged =>
        AddBytes(name, type, shape, stream =>
        {
            using var values = new HostBuffer<T>(checked((int)shape.Aggregate(1L, (product, dimension) => product * dimension)));
            fill(values.Span);
            byte[] buffer = new byte[Math.Min(values.Length, ChunkElements) * type.Size()];
            for (ReadOnlySpan<T> rest = values.Span; !rest.IsEmpty;)
            {
                ReadOnlySpan<T> chunk = rest[..Math.Min(rest.Length, ChunkElements)];
                Span<byte> bytes = buffer.AsSpan(0, chunk.Length * type.Size());
                convert(type, chunk, bytes);
                stream.Write(bytes);
                rest = rest[chunk.Length..];
            }
        });

    private sealed record Entry(string Name, SafetensorsType Type, long[] Shape, long ByteLength, Action<Stream> Write);
}
