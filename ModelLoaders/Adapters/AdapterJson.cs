using System.Text.Encodings.Web;
using System.Text.Json;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Writes an <c>adapter_config.json</c>, fit to be read by people.</summary>
internal static class AdapterJson
{
    private static readonly JsonWriterOptions Readable =
        new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(string path, Action<Utf8JsonWriter> writeFields) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, Readable);
        json.WriteStartObject();
        writeFields(json);
        json.WriteEndObject();
    });
}
