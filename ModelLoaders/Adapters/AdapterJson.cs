using System.Text.Json;
using VkSparseGrad.Files;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Writes an <c>adapter_config.json</c>, fit to be read by people.</summary>
internal static class AdapterJson
{
    public static void Write(string path, Action<Utf8JsonWriter> writeFields) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, ReadableJson.Options);
        json.WriteStartObject();
        writeFields(json);
        json.WriteEndObject();
    });
}
