using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>The file format by hand, so that the library's reader and writer are not judged by each other.</summary>
internal static class RawSafetensors
{
    /// <summary>The length of the JSON in 8 little-endian bytes, the JSON, the data.</summary>
    public static byte[] Build(string json, params byte[] data) => Build(Encoding.UTF8.GetBytes(json), data);

    public static byte[] Build(byte[] json, params byte[] data)
    {
        byte[] file = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        data.CopyTo(file, 8 + json.Length);
        return file;
    }

    /// <summary>The header of a file, parsed by hand; the caller disposes it.</summary>
    public static JsonDocument Header(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        return JsonDocument.Parse(file.AsMemory(8, (int)BinaryPrimitives.ReadInt64LittleEndian(file)));
    }

    /// <summary>All tensors of a file by name: dtype, shape, bytes.</summary>
    public static Dictionary<string, (string Type, long[] Shape, byte[] Data)> Parse(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int start = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using JsonDocument header = Header(path);
        var tensors = new Dictionary<string, (string, long[], byte[])>();
        foreach (JsonProperty entry in header.RootElement.EnumerateObject().Where(e => e.Name != "__metadata__"))
        {
            JsonElement offsets = entry.Value.GetProperty("data_offsets");
            tensors.Add(entry.Name, (
                entry.Value.GetProperty("dtype").GetString()!,
                [.. entry.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())],
                file[(start + offsets[0].GetInt32())..(start + offsets[1].GetInt32())]));
        }

        return tensors;
    }

    /// <summary>The floats that little-endian F32 bytes hold.</summary>
    public static float[] Floats(byte[] bytes)
    {
        float[] values = new float[bytes.Length / 4];
        for (int i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * i));
        return values;
    }

    /// <summary>Little-endian F32 bytes.</summary>
    public static byte[] Bytes(params float[] values)
    {
        byte[] bytes = new byte[4 * values.Length];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), values[i]);
        return bytes;
    }
}
