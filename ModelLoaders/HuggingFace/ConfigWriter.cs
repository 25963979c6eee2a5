using System.Globalization;
using System.Text.Json;
using VkSparseGrad.Files;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Copies a <c>config.json</c> with changes; all other keys stay, digit for digit.</summary>
internal static class ConfigWriter
{
    // Both spellings of the key by which transformers chooses the type it loads weights in.
    private static readonly string[] TypeKeys = ["torch_dtype", "dtype"];

    /// <summary>Makes it a sequence classifier's: replaces architectures and labels.</summary>
    /// <param name="source">The configuration to copy.</param>
    /// <param name="output">The configuration to write.</param>
    /// <param name="architecture">The name of transformers' class.</param>
    /// <param name="labels">The number of classifier outputs.</param>
    /// <param name="labelNames">A word for each label; null keeps the source's if they fit, else <c>LABEL_0</c> and so on.</param>
    /// <param name="weightType">If all weights were written in one chosen type, that type: a type that the source states is then replaced.</param>
    public static void WriteClassifier(
        string source, string output, string architecture, int labels, IReadOnlyList<string>? labelNames, SafetensorsType? weightType)
    {
        using JsonDocument document = JsonFile.ReadObject(source);
        JsonElement root = document.RootElement;
        labelNames ??= NamesIn(root, labels) ?? [.. Enumerable.Range(0, labels).Select(i => $"LABEL_{i}")];
        var replaced = new Dictionary<string, Action<Utf8JsonWriter>>
        {
            ["architectures"] = json => WriteArchitectures(json, architecture),
            ["num_labels"] = json => json.WriteNumberValue(labels),
            ["id2label"] = json => WriteNames(json, labelNames),
            ["label2id"] = json => WriteIndices(json, labelNames),
        };
        Write(root, output, replaced, weightType);
    }

    /// <summary>Leaves it the model's that it was.</summary>
    /// <inheritdoc cref="WriteClassifier"/>
    public static void WriteCopy(string source, string output, SafetensorsType? weightType)
    {
        using JsonDocument document = JsonFile.ReadObject(source);
        Write(document.RootElement, output, [], weightType);
    }

    private static void Write(JsonElement root, string output, Dictionary<string, Action<Utf8JsonWriter>> replaced, SafetensorsType? weightType)
    {
        if (weightType is { } type)
        {
            foreach (string key in TypeKeys.Where(k => root.TryGetProperty(k, out _)))
                replaced[key] = json => json.WriteStringValue(TorchName(type));
        }

        AtomicFile.Write(output, stream =>
        {
            using var json = new Utf8JsonWriter(stream, ReadableJson.Options);
            json.WriteStartObject();
            foreach (JsonProperty property in root.EnumerateObject())
            {
                json.WritePropertyName(property.Name);
                if (replaced.Remove(property.Name, out Action<Utf8JsonWriter>? write))
                    write(json);
                else
                    property.Value.WriteTo(json);
            }

            foreach ((string name, Action<Utf8JsonWriter> write) in replaced)
            {
                json.WritePropertyName(name);
                write(json);
            }

            json.WriteEndObject();
        });
    }

    /// <summary>The source's own label words, if there is one for each label.</summary>
    private static string[]? NamesIn(JsonElement root, int labels)
    {
        if (!root.TryGetProperty("id2label", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            return null;
        var names = new string[labels];
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            if (!int.TryParse(entry.Name, CultureInfo.InvariantCulture, out int index) || index < 0 || index >= labels || entry.Value.ValueKind != JsonValueKind.String)
                return null;
            names[index] = entry.Value.GetString()!;
        }

        // A hole is a null here, and a repeated word could not be a key of label2id.
        return names.Contains(null) || names.Distinct().Count() < labels ? null : names;
    }

    private static string TorchName(SafetensorsType type) => type switch
    {
        SafetensorsType.F64 => "float64",
        SafetensorsType.F16 => "float16",
        SafetensorsType.BF16 => "bfloat16",
        _ => "float32",
    };

    private static void WriteArchitectures(Utf8JsonWriter json, string architecture)
    {
        json.WriteStartArray();
        json.WriteStringValue(architecture);
        json.WriteEndArray();
    }

    private static void WriteNames(Utf8JsonWriter json, IReadOnlyList<string> names)
    {
        json.WriteStartObject();
        for (int i = 0; i < names.Count; i++)
            json.WriteString(i.ToString(CultureInfo.InvariantCulture), names[i]);
        json.WriteEndObject();
    }

    private static void WriteIndices(Utf8JsonWriter json, IReadOnlyList<string> names)
    {
        json.WriteStartObject();
        for (int i = 0; i < names.Count; i++)
            json.WriteNumber(names[i], i);
        json.WriteEndObject();
    }
}
