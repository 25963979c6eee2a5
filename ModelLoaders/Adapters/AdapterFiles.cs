using System.Text.Json;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Finds the two files of an adapter and reads the small one, in whichever of the two layouts it is.</summary>
internal static class AdapterFiles
{
    /// <exception cref="ModelFolderException">A file is missing.</exception>
    /// <exception cref="SafetensorsException">The file is malformed.</exception>
    public static SafetensorsFile OpenTensors(string folder)
    {
        PathOf(folder, Adapter.ConfigFileName);
        return SafetensorsFile.Open(PathOf(folder, Adapter.WeightsFileName));
    }

    /// <param name="folder">The adapter's folder.</param>
    /// <param name="tensors">Its open tensors file, which with PEFT's layout says what the configuration has no key for.</param>
    /// <exception cref="ModelFolderException">The file is not JSON, is of another kind of adapter, or a value is out of bounds.</exception>
    public static AdapterConfig ReadConfig(string folder, SafetensorsFile tensors)
    {
        string path = PathOf(folder, Adapter.ConfigFileName);
        try
        {
            using JsonDocument document = JsonFile.ReadObject(path, uniqueKeys: true);
            var fields = new ConfigFields(path, document.RootElement);
            string type = fields.Text("peft_type");
            if (type == PeftConfig.PeftType)
                return PeftConfig.Read(path, fields, tensors);
            return SparseConfig.MethodOf(type) is { } method
                ? SparseConfig.Read(path, fields, method)
                : throw new ModelFolderException(path, $"peft_type is {Printable.Quote(type)}; supported here are {PeftConfig.PeftType}, {SparseConfig.PeftTypes}");
        }
        catch (InvalidOperationException e)
        {
            // What System.Text.Json throws when an escape in a string is half of a surrogate pair.
            throw new ModelFolderException(path, "a string is not valid Unicode; the file is damaged, copy it again", e);
        }
    }

    private static string PathOf(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path)
            ? path
            : throw new ModelFolderException(folder, Directory.Exists(folder) ? $"the folder has no {name}; a run's adapter is in the folder adapter of its output, and full fine-tuning has none" : "there is no such folder");
    }
}
