using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>Writes an indented JSON object to a text output.</summary>
internal static class JsonOutput
{
    private static readonly JsonWriterOptions Readable =
        new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="output">Where to.</param>
    /// <param name="write">Writes the object's properties.</param>
    public static void WriteObject(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Readable))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }
}
