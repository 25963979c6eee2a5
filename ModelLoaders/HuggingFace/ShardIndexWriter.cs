using System.Text.Json;
using VkSparseGrad.Files;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Writes the index of shards.</summary>
internal static class ShardIndexWriter
{
    private const string MetadataKey = "metadata";
    private const string SizeKey = "total_size";

    /// <summary>Lists what the shards hold, with the bytes of all tensors. The rest of the source's metadata is kept.</summary>
    public static void Write(ShardIndex source, string output, IReadOnlyList<(string Name, SafetensorsWriter Writer)> shards)
    {
        using JsonDocument document = JsonFile.ReadObject(source.Path, uniqueKeys: true);
        AtomicFile.Write(output, stream =>
        {
            using var json = new Utf8JsonWriter(stream, ReadableJson.Options);
            json.WriteStartObject();
            json.WriteStartObject(MetadataKey);
            json.WriteNumber(SizeKey, shards.Sum(shard => shard.Writer.ByteLength));
            if (document.RootElement.TryGetProperty(MetadataKey, out JsonElement metadata) && metadata.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty entry in metadata.EnumerateObject().Where(entry => entry.Name != SizeKey))
                    entry.WriteTo(json);
            }

            json.WriteEndObject();
            json.WriteStartObject(ShardIndex.MapKey);
            foreach ((string tensor, string shard) in shards
                .SelectMany(shard => shard.Writer.Names.Select(tensor => (tensor, shard.Name)))
                .OrderBy(entry => entry.tensor, StringComparer.Ordinal))
                json.WriteString(tensor, shard);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }
}
