using System.Text;
using System.Text.Json;
using VkSparseGrad.ModelLoaders;

namespace VkSparseGrad.Cli.Output;

/// <summary>Writes indented JSON to a text output.</summary>
internal static class JsonOutput
{
    /// <param name="output">Where to.</param>
    /// <param name="write">Writes the object's properties.</param>
    public static void WriteObject(TextWriter output, Action<Utf8JsonWriter> write) => Write(output, json =>
    {
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
    });

    /// <param name="output">Where to.</param>
    /// <param name="write">Writes the list's elements.</param>
    public static void WriteArray(TextWriter output, Action<Utf8JsonWriter> write) => Write(output, json =>
    {
        json.WriteStartArray();
        write(json);
        json.WriteEndArray();
    });

    private static void Write(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, ReadableJson.Options))
        {
            write(json);
        }

        output.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }
}
