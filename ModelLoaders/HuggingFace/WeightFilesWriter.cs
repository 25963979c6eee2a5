using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Writes weights in as many files as they came in.</summary>
/// <param name="source">Must stay open until the save is done.</param>
internal sealed class WeightFilesWriter(WeightFiles source)
{
    private readonly SafetensorsWriter[] _writers = [.. source.Files.Select(file => new SafetensorsWriter(file.Metadata))];

    /// <summary>Where a tensor belongs: in the file that it came from. What is new goes into the last.</summary>
    public SafetensorsWriter For(SafetensorsTensor? origin) => origin is null ? _writers[^1] : _writers[IndexOf(origin.Name)];

    /// <summary>Copies a tensor of the source, byte for byte.</summary>
    public void Copy(string name) => _writers[IndexOf(name)].AddCopy(source.FileOf(name), name);

    /// <summary>Writes all files aside and then renames them, so that a failure leaves what was there before.</summary>
    /// <exception cref="OverflowException">A value is too large for its tensor's type.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Save(string folder)
    {
        string aside = Directory.CreateDirectory(Path.Combine(folder, $".{Guid.NewGuid():N}.tmp")).FullName;
        try
        {
            foreach ((string name, SafetensorsWriter writer) in Files())
                writer.Save(Path.Combine(aside, name));
            if (source.Index is { } index)
                ShardIndexWriter.Write(index, Path.Combine(aside, WeightFiles.IndexName), [.. Files()]);
            foreach (string path in Directory.GetFiles(aside))
                File.Move(path, Path.Combine(folder, Path.GetFileName(path)), overwrite: true);
        }
        finally
        {
            Directory.Delete(aside, recursive: true);
        }

        // It would be read in the shards' place.
        if (source.Index is not null)
            File.Delete(Path.Combine(folder, WeightFiles.SingleName));
    }

    /// <summary>The files that hold anything; a shard of nothing but left-out constants is left out.</summary>
    private IEnumerable<(string Name, SafetensorsWriter Writer)> Files() => source.Files
        .Select((file, i) => (Path.GetFileName(file.Path), _writers[i]))
        .Where(file => file.Item2.Names.Count > 0);

    private int IndexOf(string name)
    {
        SafetensorsFile file = source.FileOf(name);
        return Enumerable.Range(0, source.Files.Count).First(i => source.Files[i] == file);
    }
}
