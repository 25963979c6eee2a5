using VkSparseGrad.Cli.Adapters;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.Cli.Generate;

/// <summary>Loads a language model: a model by itself, or a base with an adapter.</summary>
internal static class LoadedLanguageModel
{
    // Nothing is trained, so weights stay as they are stored.
    private static readonly LlamaOptions Options = new() { KeepsHalves = true, ChangesWeights = false };

    /// <summary>Loads a model onto a device.</summary>
    /// <param name="settings">What was asked for.</param>
    /// <param name="checkpoint">The model; stays the caller's.</param>
    /// <param name="terminal">Told what is doubtful about the adapter; the output is the text's.</param>
    public static ModelOnDevice<LlamaLanguageModel> Load(GenerateSettings settings, LlamaCheckpoint checkpoint, Terminal terminal) =>
        ModelOnDevice<LlamaLanguageModel>.Load(settings.Device, kernels => Build(settings, checkpoint, kernels, terminal));

    private static LlamaLanguageModel Build(GenerateSettings settings, LlamaCheckpoint checkpoint, IKernels kernels, Terminal terminal)
    {
        if (settings.Adapter is not string folder)
            return new LlamaLanguageModel(kernels, checkpoint.Config, checkpoint, Options);
        if (AdapterDescription.Read(folder).Labels > 0)
            throw new ModelFolderException(folder, "the adapter is a classifier's and writes nothing; 'vksparsegrad evaluate' and 'predict' take it");
        using AdaptedWeights adapted = AdaptedWeights.Open(kernels, checkpoint, folder);
        AdapterNotice.Warn(terminal, adapted);
        return new LlamaLanguageModel(kernels, checkpoint.Config, adapted, Options);
    }
}
