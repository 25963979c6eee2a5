using System.Text.Json;
using VkSparseGrad.Models;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>What a Hugging Face <c>config.json</c> says before it is read as that of one kind of model.</summary>
/// <param name="ModelType"><c>bert</c>, <c>roberta</c> or <c>llama</c>.</param>
/// <param name="Weights">What the elements of the weights are, or null where it does not say.</param>
public sealed record ConfigOverview(string ModelType, WeightFormat? Weights)
{
    /// <summary>Whether it is a LLaMA; otherwise it is one of the BERT family.</summary>
    public bool IsLlama => ModelType == "llama";

    /// <summary>Reads the configuration of a model folder.</summary>
    /// <param name="folder">The folder that holds <c>config.json</c>.</param>
    /// <exception cref="ModelFolderException">The file is missing or not JSON, or describes another kind of model.</exception>
    public static ConfigOverview Read(string folder)
    {
        using JsonDocument document = ConfigFile.Open(folder, out ConfigFields fields);

        // transformers has renamed the key, and reads both.
        string key = fields.IsAbsent("dtype") ? "torch_dtype" : "dtype";
        return new ConfigOverview(fields.OneOf("model_type", "bert", "roberta", "llama"), fields.IsAbsent(key) ? null : Format(fields, key));
    }

    private static WeightFormat Format(ConfigFields fields, string key) =>
        fields.OneOf(key, "float32", "float64", "float16", "bfloat16") switch
        {
            "float16" => WeightFormat.Float16,
            "bfloat16" => WeightFormat.BFloat16,
            _ => WeightFormat.Float32,
        };
}
