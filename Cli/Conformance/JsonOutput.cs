using System.Text.Json;
using System.Text;
using VkSparseGrad.ModelLoaders;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>Writes an indented JSON object to a text output.</summary>
internal static class JsonOutput
{
    /// <param name="output">Where to.</param>
    /// <param name="write">Writes the object's properties.</param>
    public static void WriteObject(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, ReadableJson.Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }
}
