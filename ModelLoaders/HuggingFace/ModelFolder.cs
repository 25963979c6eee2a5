using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Models in Hugging Face folders, of whichever architecture the folder's <c>config.json</c> names.</summary>
public static class ModelFolder
{
    /// <summary>Opens the model of a folder as a classifier.</summary>
    /// <param name="folder">Holds <c>config.json</c> and the weights.</param>
    /// <param name="labels">The number of classifier outputs the task needs, 1 for regression.</param>
    /// <param name="resetHead">Whether to leave a classifier in the files unread and make a new one.</param>
    /// <inheritdoc cref="BertCheckpoint.Open(string, int, bool)" path="/exception"/>
    public static ModelCheckpoint Open(string folder, int labels, bool resetHead = false) => LlamaConfigFile.IsIn(folder)
        ? LlamaCheckpoint.Open(folder, labels, resetHead)
        : BertCheckpoint.Open(folder, labels, resetHead);

    /// <summary>Opens the base of an adapter. The classifier is the adapter's, so one in the files that is for another number of
    /// labels is left unread.</summary>
    /// <param name="folder">Holds <c>config.json</c> and the weights.</param>
    /// <param name="labels">The adapter's number of classifier outputs; 0 for a language model's.</param>
    /// <inheritdoc cref="BertCheckpoint.Open(string, int, bool)" path="/exception"/>
    public static ModelCheckpoint OpenForAdapter(string folder, int labels) => (LlamaConfigFile.IsIn(folder), labels) switch
    {
        (true, 0) => LlamaCheckpoint.Open(folder),
        (true, _) => LlamaCheckpoint.OpenForAdapter(folder, labels),
        (false, 0) => throw new ModelFolderException(folder, "the adapter is a language model's, but this is none; open it with the model it was trained from"),
        _ => BertCheckpoint.OpenForAdapter(folder, labels),
    };

    /// <summary>Loads a classifier.</summary>
    /// <param name="kernels">Where it shall live. Stays the caller's.</param>
    /// <param name="checkpoint">From <see cref="Open"/>.</param>
    /// <param name="weights">Its weights: the checkpoint itself, or with an adapter on top.</param>
    /// <param name="seed">For a head that is made anew.</param>
    /// <param name="adapted">Which layers of a LLaMA are adapted, and how the others are kept; null for the defaults.</param>
    /// <exception cref="ArgumentException">The checkpoint is a language model's.</exception>
    public static Classifier CreateClassifier(
        IKernels kernels, ModelCheckpoint checkpoint, IWeightSource weights, ulong seed = 0, LlamaOptions? adapted = null) => checkpoint switch
    {
        BertCheckpoint bert => new BertClassifier(kernels, bert.Config, weights, seed),
        LlamaCheckpoint { Labels: int labels } llama => new LlamaClassifier(kernels, llama.Config, labels, weights, seed, adapted),
        _ => throw new ArgumentException("The checkpoint was opened as a language model.", nameof(checkpoint)),
    };

    /// <summary>Writes a trained model, whatever its kind, with its configuration and tokenizer files.</summary>
    /// <param name="source">The checkpoint that training started from; still open.</param>
    /// <param name="folder">The output folder; made if missing, files of the same names are replaced.</param>
    /// <param name="weights">Asked once for each of the source's parameters.</param>
    /// <param name="labelNames">Of a classifier the words for the labels, in order; null keeps the source's where they fit.</param>
    /// <param name="addPrefix">Whether a trunk that came without prefix gets it.</param>
    /// <returns>The element types that the weights were written in.</returns>
    /// <inheritdoc cref="HuggingFaceFolder.SaveBert" path="/exception"/>
    public static IReadOnlyList<SafetensorsType> Save(
        ModelCheckpoint source, string folder, TrainedWeightReader weights, IReadOnlyList<string>? labelNames = null, bool addPrefix = false) => source switch
    {
        BertCheckpoint bert => HuggingFaceFolder.SaveBert(
            bert, folder, weights, new BertSaveOptions { LabelNames = labelNames, AddPrefix = addPrefix }),
        LlamaCheckpoint llama => HuggingFaceFolder.SaveLlama(
            llama, folder, weights, new LlamaSaveOptions { LabelNames = labelNames, AddPrefix = addPrefix }),
        _ => throw new ArgumentException($"There is no saving of a {source?.GetType().Name}.", nameof(source)),
    };
}
