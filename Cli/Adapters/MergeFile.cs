using System.Text.Json;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Adapters;

namespace VkSparseGrad.Cli.Adapters;

/// <summary>Writes <c>merge.json</c>: what a merged model was made of.</summary>
internal static class MergeFile
{
    public const string Name = "merge.json";

    public static void Write(string folder, string model, string adapter, AdapterDescription description)
    {
        using FileStream stream = File.Create(Path.Combine(folder, Name));
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("model", model);
        json.WriteString("adapter", adapter);
        json.WriteString("method", MethodArguments.Name(description.Method));
        json.WriteString("task", description.Task);
        json.WriteNumber("num_labels", description.Labels);
        json.WriteEndObject();
    }
}
