using System.Text.Json;
using System.Text.Unicode;

namespace VkSparseGrad.ModelLoaders.Safetensors;

/// <summary>The parsed and validated header of a safetensors file.</summary>
/// <remarks>Strict on purpose: whatever two readers could understand differently is refused.</remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>The longest header accepted, in bytes; the limit of the reference implementation.</summary>
    public const int MaximumLength = 100_000_000;

    /// <summary>The most dimensions a tensor may have; what PyTorch supports.</summary>
    public const int MaximumRank = 64;

    /// <summary>The key that holds metadata instead of a tensor.</summary>
    public const string MetadataKey = "__metadata__";

    private readonly string _path;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorsTensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string path, long dataStart)
    {
        _path = path;
        _dataStart = dataStart;
    }

    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => _tensors;

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Parses the JSON between the length field and the data.</summary>
    /// <exception cref="SafetensorsException">The header breaks a rule of the format.</exception>
    public static SafetensorsHeader Parse(string path, ReadOnlySpan<byte> json, long fileLength)
    {
        var header = new SafetensorsHeader(path, sizeof(ulong) + json.Length);
        header.RequireObjectText(json);
        try
        {
            header.ReadDocument(json);
        }
        catch (JsonException e)
        {
            throw header.Error($"the header is not valid JSON ({Printable.Quote(e.Message)}); the file is damaged", e);
        }
        catch (InvalidOperationException e)
        {
            // What Utf8JsonReader throws when an escape in a string is half of a surrogate pair.
            throw header.Error("the header holds a string that is not valid Unicode; the file is damaged", e);
        }

        SafetensorsLayout.Check(path, header._tensors.Values, header._dataStart, fileLength);
        return header;
    }

    private void RequireObjectText(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            throw Error("the header is empty (its stated length is 0); it must be a JSON object");
        if (json.StartsWith("\uFEFF"u8))
            throw Error("the header begins with a byte order mark; it must begin with '{'");
        if (json[0] != (byte)'{')
            throw Error($"the header begins with byte 0x{json[0]:X2}; it must be a JSON object and begin with '{{'");
        if (!Utf8.IsValid(json))
            throw Error("the header, perhaps a tensor's name, is not valid UTF-8; the file is damaged");
    }

    private void ReadDocument(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        bool metadataSeen = false;
        while (ReadKey(ref reader, out string name))
        {
            if (name == MetadataKey)
            {
                if (metadataSeen)
                    throw Error($"{MetadataKey} is listed twice");
                metadataSeen = true;
                ReadMetadata(ref reader);
            }
            else if (!_tensors.TryAdd(name, ReadTensor(ref reader, name)))
                throw Error($"tensor {Printable.Quote(name)} is listed twice");
        }

        // Reads on over the padding, so that anything but white space after the object is refused.
        reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return;
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Error($"{MetadataKey} must be an object of strings or null, not {reader.TokenType}");
        while (ReadKey(ref reader, out string key))
        {
            if (reader.TokenType != JsonTokenType.String)
                throw Error($"{MetadataKey} entry {Printable.Quote(key)} must be a string, not {reader.TokenType}");
            if (!_metadata.TryAdd(key, reader.GetString()!))
                throw Error($"{MetadataKey} entry {Printable.Quote(key)} is listed twice");
        }
    }

    private SafetensorsTensor ReadTensor(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Error($"tensor {Printable.Quote(name)} must be described by an object, not {reader.TokenType}");
        SafetensorsType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (ReadKey(ref reader, out string key))
        {
            bool repeated = false;
            switch (key)
            {
                case "dtype":
                    repeated = type is not null;
                    type = ReadType(ref reader, name);
                    break;
                case "shape":
                    repeated = shape is not null;
                    shape = ReadIntegers(ref reader, name, key, MaximumRank);
                    break;
                case "data_offsets":
                    repeated = offsets is not null;
                    offsets = ReadIntegers(ref reader, name, key, 2);
                    break;
                default:
                    reader.Skip();
                    break;
            }

            if (repeated)
                throw Error($"tensor {Printable.Quote(name)} states {key} twice");
        }

        return Describe(
            name,
            type ?? throw Missing(name, "dtype"),
            shape ?? throw Missing(name, "shape"),
            offsets ?? throw Missing(name, "data_offsets"));
    }

    private SafetensorsTensor Describe(string name, SafetensorsType type, long[] shape, long[] offsets)
    {
        if (offsets.Length != 2)
            throw Error($"tensor {Printable.Quote(name)} has {offsets.Length} data_offsets, expected 2 (begin and end)");
        (long begin, long end) = (offsets[0], offsets[1]);
        if (end < begin)
            throw Error($"tensor {Printable.Quote(name)} has reversed data_offsets [{begin}, {end}]");

        long needed;
        try
        {
            needed = shape.Aggregate((long)type.Size(), (product, dimension) => checked(product * dimension));
        }
        catch (OverflowException e)
        {
            throw Error($"tensor {Printable.Quote(name)} has shape {Printable.Shape(shape)}, more bytes than 64 bits can count", e);
        }

        if (needed != end - begin)
        {
            throw Error($"tensor {Printable.Quote(name)} declares {end - begin} bytes (data_offsets [{begin}, {end}]), " +
                $"but {type.Name()} {Printable.Shape(shape)} needs {needed}");
        }

        if (end > long.MaxValue - _dataStart)
            throw Error($"tensor {Printable.Quote(name)} ends at byte {end}, beyond what 64 bits can count");
        return new SafetensorsTensor(name, type, shape, _dataStart + begin, needed);
    }

    private SafetensorsType ReadType(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw Error($"tensor {Printable.Quote(name)} must state its dtype as a string, not {reader.TokenType}");
        string text = reader.GetString()!;
        return SafetensorsTypes.TryParse(text, out SafetensorsType type)
            ? type
            : throw Error($"tensor {Printable.Quote(name)} has the unknown dtype {Printable.Quote(text)}; known are " +
                string.Join(", ", Enum.GetValues<SafetensorsType>().Select(t => t.Name())));
    }

    private long[] ReadIntegers(ref Utf8JsonReader reader, string name, string key, int most)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Error($"tensor {Printable.Quote(name)} must state {key} as an array, not {reader.TokenType}");
        var values = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value) || value < 0)
                throw Error($"tensor {Printable.Quote(name)} has a {key} entry that is not an integer from 0 to {long.MaxValue}");
            if (values.Count == most)
                throw Error($"tensor {Printable.Quote(name)} has more than {most} {key} entries");
            values.Add(value);
        }

        return [.. values];
    }

    /// <summary>Moves to the next value of the current object and gives its key; false at the object's end.</summary>
    private static bool ReadKey(ref Utf8JsonReader reader, out string key)
    {
        reader.Read();
        key = reader.TokenType == JsonTokenType.PropertyName ? reader.GetString()! : "";
        return reader.TokenType == JsonTokenType.PropertyName && reader.Read();
    }

    private SafetensorsException Missing(string name, string key) =>
        Error($"tensor {Printable.Quote(name)} lacks {key}");

    private SafetensorsException Error(string problem, Exception? cause = null) => new(_path, problem, cause);
}
