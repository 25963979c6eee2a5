using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Opens the shards of an index and makes sure that they hold what it says, no more and no less, before anything is read.</summary>
internal static class Shards
{
    /// <returns>The files, in the order of their names.</returns>
    /// <exception cref="ModelFolderException">A shard leads out of the folder, is missing or empty, or holds other tensors.</exception>
    /// <exception cref="SafetensorsException">A shard is malformed.</exception>
    public static IReadOnlyList<SafetensorsFile> Open(string folder, ShardIndex index)
    {
        foreach (string shard in index.Shards)
            ShardName.RequireInside(folder, shard);
        RequirePresent(folder, index);
        var files = new List<SafetensorsFile>();
        try
        {
            foreach (string shard in index.Shards)
            {
                files.Add(SafetensorsFile.Open(Path.Combine(folder, shard)));
                RequireTensors(files[^1], shard, index);
            }

            return files;
        }
        catch
        {
            foreach (SafetensorsFile file in files)
                file.Dispose();
            throw;
        }
    }

    private static void RequirePresent(string folder, ShardIndex index)
    {
        string[] missing = [.. index.Shards.Where(shard => !File.Exists(Path.Combine(folder, shard)))];
        if (missing.Length > 0)
        {
            string list = string.Join(", ", missing.Select(shard => $"{Printable.Quote(shard)} with {index.Describe(shard)}"));
            throw new ModelFolderException(index.Path, $"of the {index.Shards.Count} shards {missing.Length} {(missing.Length == 1 ? "is" : "are")} missing: {list}; download them");
        }

        foreach (string shard in index.Shards)
        {
            string path = Path.Combine(folder, shard);
            if (new FileInfo(path).Length == 0)
                throw new ModelFolderException(path, $"the file is empty (0 bytes), and should hold {index.Describe(shard)}; download or copy it again");
        }
    }

    private static void RequireTensors(SafetensorsFile file, string shard, ShardIndex index)
    {
        foreach ((string tensor, string place) in index.ShardOf)
        {
            if (place == shard && !file.TryGet(tensor, out _))
                throw new ModelFolderException(file.Path, $"there is no tensor {Printable.Quote(tensor)}, which the index places here; the files do not belong together, download them again");
        }

        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            string? place = index.ShardOf.GetValueOrDefault(tensor.Name);
            if (place != shard)
            {
                throw new ModelFolderException(file.Path, $"there is a tensor {Printable.Quote(tensor.Name)}, which the index " +
                    (place is null ? "does not list" : $"places in {Printable.Quote(place)}") + "; the files do not belong together, download them again");
            }
        }
    }
}
