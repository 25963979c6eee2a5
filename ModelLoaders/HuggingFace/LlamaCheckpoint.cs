using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>The weights of a LLaMA in a Hugging Face folder, under their canonical names.</summary>
public sealed class LlamaCheckpoint : ModelCheckpoint
{
    private LlamaCheckpoint(
        string folder,
        LlamaConfig config,
        WeightFiles files,
        LlamaParameter[] parameters,
        int? labels,
        Func<ModelParameter, SafetensorsTensor, bool> isWanted)
        : base(folder, files, new LlamaFileNames(), parameters, labels, isWanted)
    {
        Config = config;
        Labels = labels;
        Parameters = parameters;
        if (config.TiesEmbeddings && files.TryGet(LlamaNames.Output, out SafetensorsTensor? copy))
        {
            TiedWeights.RequireEqual(files, SourceOf(LlamaNames.Words)!, copy);
            TiedCopy = copy;
            Ignored = [.. Ignored.Where(name => name != LlamaNames.Output)];
        }
    }

    /// <summary>The model's dimensions.</summary>
    public LlamaConfig Config { get; }

    /// <summary>The number of outputs of a classifier; null for a language model.</summary>
    public int? Labels { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<LlamaParameter> Parameters { get; }

    /// <inheritdoc/>
    public override ModelSizes Sizes =>
        new(Config.VocabularySize, Config.HiddenSize, Config.IntermediateSize, Config.Layers, Config.MaxPositions);

    /// <summary>Whether the trunk's names in the files lack the <c>model.</c> prefix.</summary>
    public bool IsBare => LlamaFileNames.IsBareTrunk(SourceOf(LlamaNames.Words)!.Name);

    /// <summary>The output layer, where the files have it although it is tied to the embeddings and so equal; else null.</summary>
    internal SafetensorsTensor? TiedCopy { get; }

    /// <summary>Opens the language model of a folder.</summary>
    /// <param name="folder">Holds <c>config.json</c> and <c>model.safetensors</c>, or shards and their index.</param>
    /// <exception cref="ModelFolderException">
    /// A file is missing, a weight is missing or given twice, a shape or type does not fit, the names are those of Meta's own files,
    /// a tied output layer is not the embeddings, or an index and its shards do not belong together.
    /// </exception>
    /// <exception cref="SafetensorsException">A file of weights is malformed.</exception>
    public static LlamaCheckpoint Open(string folder) => Open(folder, null, (_, _) => true);

    /// <summary>Opens the model of a folder as a classifier, with its head where there is one.</summary>
    /// <param name="folder">Holds <c>config.json</c> and <c>model.safetensors</c>, or shards and their index.</param>
    /// <param name="labels">The number of classifier outputs the task needs, 1 for regression.</param>
    /// <param name="resetHead">Whether to leave a classifier in the file unread and make a new one.</param>
    /// <inheritdoc cref="Open(string)" path="/exception"/>
    public static LlamaCheckpoint Open(string folder, int labels, bool resetHead = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(labels);
        return Open(folder, labels, (parameter, _) => !(parameter.IsHead && resetHead));
    }

    /// <summary>Opens the base of a classifier's adapter. The classifier is the adapter's, so one in the file that is for another
    /// number of labels is left unread.</summary>
    /// <param name="folder">Holds <c>config.json</c> and <c>model.safetensors</c>, or shards and their index.</param>
    /// <param name="labels">The adapter's number of classifier outputs.</param>
    /// <inheritdoc cref="Open(string)" path="/exception"/>
    public static LlamaCheckpoint OpenForAdapter(string folder, int labels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(labels);
        return Open(folder, labels, (parameter, tensor) => !parameter.IsHead || tensor.Shape.SequenceEqual(parameter.Shape));
    }

    private static LlamaCheckpoint Open(string folder, int? labels, Func<ModelParameter, SafetensorsTensor, bool> isWanted)
    {
        LlamaConfig config = LlamaConfigFile.Read(folder);
        WeightFiles files = WeightFiles.Open(folder);
        try
        {
            RequireHuggingFaceNames(files);
            return new LlamaCheckpoint(folder, config, files, [.. LlamaParameters.Of(config, labels)], labels, isWanted);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    private static void RequireHuggingFaceNames(WeightFiles files)
    {
        if (files.Tensors.FirstOrDefault(tensor => LlamaFileNames.IsMetas(tensor.Name)) is { } tensor)
        {
            throw new ModelFolderException(files.Path, $"{Printable.Quote(tensor.Name)} is a name of Meta's own format, in which queries and keys are " +
                "in another order than here; convert the model to Hugging Face's format, or download it in that");
        }
    }
}
