using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>What an adapter is of: all that one has to know of it before its base is opened.</summary>
/// <param name="BaseModel">The folder or name of the base model, as it was when the adapter was trained; only shown.</param>
/// <param name="Task">The task it was trained on, as the command line calls it; null where the adapter does not say.</param>
/// <param name="Labels">Outputs of the classifier; 0 for a language model.</param>
/// <param name="Method">How it was trained.</param>
public sealed record AdapterDescription(string BaseModel, string? Task, int Labels, TrainingMethod Method)
{
    /// <summary>Reads it from an adapter's folder.</summary>
    /// <param name="folder">Holds <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</param>
    /// <exception cref="ModelFolderException">A file is missing, or the adapter is of another kind or version.</exception>
    /// <exception cref="SafetensorsException">The tensors' file is malformed.</exception>
    public static AdapterDescription Read(string folder)
    {
        using SafetensorsFile file = AdapterFiles.OpenTensors(folder);
        return AdapterFiles.ReadConfig(folder, file).Description;
    }
}
