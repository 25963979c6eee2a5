using System.Text.Json;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>A <c>model.safetensors.index.json</c>: which shard each tensor is in.</summary>
/// <param name="Path">The index.</param>
/// <param name="ShardOf">The shard's file name by the tensor's name.</param>
internal sealed record ShardIndex(string Path, IReadOnlyDictionary<string, string> ShardOf)
{
    /// <summary>The key of the map from tensors to shards.</summary>
    public const string MapKey = "weight_map";

    /// <summary>Far more than any model has, and few enough to be open at once.</summary>
    private const int MostShards = 1000;

    /// <summary>File names in ordinal order.</summary>
    public IReadOnlyList<string> Shards { get; } = [.. ShardOf.Values.Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Reads an index. Opens no shard.</summary>
    /// <exception cref="ModelFolderException">
    /// The file is too large or no index, lists a tensor twice, or names a shard otherwise than by a plain file name.
    /// </exception>
    public static ShardIndex Read(string path)
    {
        using JsonDocument document = JsonFile.ReadObject(path, uniqueKeys: true);
        if (!document.RootElement.TryGetProperty(MapKey, out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            throw new ModelFolderException(path, $"there is no object {MapKey}, so this is no index of shards; download it again");
        var shardOf = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string? shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
            if (shard is null || !ShardName.IsPlain(shard))
            {
                throw new ModelFolderException(path, $"{Printable.Quote(entry.Name)} is placed in {Printable.Quote(shard ?? entry.Value.GetRawText())}; " +
                    $"a shard must be a plain file name ending in {ShardName.Extension}, of a file in the same folder");
            }

            shardOf.Add(entry.Name, shard);
        }

        var index = new ShardIndex(path, shardOf);
        if (index.Shards.Count is 0 or > MostShards)
            throw new ModelFolderException(path, $"the index lists {index.Shards.Count} shards, expected 1 to {MostShards}");
        return index;
    }

    /// <summary>The tensors of a shard, in a few words.</summary>
    public string Describe(string shard)
    {
        string[] tensors = [.. ShardOf.Where(entry => entry.Value == shard).Select(entry => entry.Key)];
        return Printable.Quote(tensors[0]) + (tensors.Length == 1 ? "" : $" and {tensors.Length - 1} more");
    }
}
