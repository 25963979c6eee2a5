using System.Diagnostics.CodeAnalysis;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>The open files of a folder's weights: one file, or the shards that an index lists.</summary>
internal sealed class WeightFiles : IDisposable
{
    public const string SingleName = "model.safetensors";
    public const string IndexName = SingleName + ".index.json";

    private readonly Dictionary<string, SafetensorsFile> _fileOf = new(StringComparer.Ordinal);

    private WeightFiles(string path, ShardIndex? index, IReadOnlyList<SafetensorsFile> files)
    {
        Path = path;
        Index = index;
        Files = files;
        Tensors = [.. files.SelectMany(file => file.Tensors)];
        foreach (SafetensorsFile file in files)
        {
            foreach (SafetensorsTensor tensor in file.Tensors)
                _fileOf.Add(tensor.Name, file);
        }
    }

    /// <summary>The one file or the index; what a message about all weights names.</summary>
    public string Path { get; }

    /// <summary>Null where the weights are in one file.</summary>
    public ShardIndex? Index { get; }

    /// <summary>The files in the order of their names.</summary>
    public IReadOnlyList<SafetensorsFile> Files { get; }

    /// <summary>The tensors of all files; no name is there twice.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors { get; }

    /// <summary>All files that were read, the index included.</summary>
    public IReadOnlyList<string> Paths => Index is null ? [Path] : [Path, .. Files.Select(file => file.Path)];

    /// <summary>Opens the weights of a folder; like transformers, it takes the one file where there is also an index.</summary>
    /// <exception cref="ModelFolderException">There are no weights, or an index and its shards do not belong together.</exception>
    /// <exception cref="SafetensorsException">A file is malformed.</exception>
    public static WeightFiles Open(string folder)
    {
        string single = System.IO.Path.Combine(folder, SingleName);
        if (File.Exists(single))
            return new WeightFiles(single, null, [SafetensorsFile.Open(single)]);
        string index = System.IO.Path.Combine(folder, IndexName);
        if (!File.Exists(index))
            throw new ModelFolderException(folder, $"the folder has no {SingleName}{InsteadOfWeights(folder)}");
        ShardIndex shards = ShardIndex.Read(index);
        return new WeightFiles(index, shards, Shards.Open(folder, shards));
    }

    public SafetensorsFile FileOf(string tensor) => _fileOf[tensor];

    public bool TryGet(string name, [NotNullWhen(true)] out SafetensorsTensor? tensor)
    {
        tensor = null;
        return _fileOf.TryGetValue(name, out SafetensorsFile? file) && file.TryGet(name, out tensor);
    }

    public void Dispose()
    {
        foreach (SafetensorsFile file in Files)
            file.Dispose();
    }

    private static string InsteadOfWeights(string folder)
    {
        foreach (string other in new[] { "pytorch_model.bin", "pytorch_model.bin.index.json", "consolidated.00.pth" })
        {
            if (File.Exists(System.IO.Path.Combine(folder, other)))
                return $", but a {other}; convert it to safetensors";
        }

        return "; is it a Hugging Face model folder?";
    }
}
