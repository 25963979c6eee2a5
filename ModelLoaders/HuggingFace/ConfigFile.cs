using System.Text.Json;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Opens the <c>config.json</c> of a model folder.</summary>
internal static class ConfigFile
{
    public const string FileName = "config.json";

    /// <exception cref="ModelFolderException">The folder or the file is missing, or it is not JSON with an object at its root.</exception>
    public static JsonDocument Open(string folder, out ConfigFields fields)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new ModelFolderException(folder, Directory.Exists(folder) ? $"the folder has no {FileName}; is it a Hugging Face model folder?" : "there is no such folder");
        JsonDocument document = JsonFile.ReadObject(path);
        fields = new ConfigFields(path, document.RootElement);
        return document;
    }

    /// <summary>The number of outputs of a classifier: <c>num_labels</c>, else the count of <c>id2label</c>, else 2.</summary>
    public static int Labels(ConfigFields fields) => fields.Positive("num_labels", absent: fields.Count("id2label") ?? 2);
}
