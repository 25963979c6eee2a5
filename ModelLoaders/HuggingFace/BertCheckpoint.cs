using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>The weights of a BERT or RoBERTa in a Hugging Face folder, under their canonical names.</summary>
public sealed class BertCheckpoint : ModelCheckpoint
{
    private BertCheckpoint(
        string folder, BertConfig config, WeightFiles files, BertParameter[] parameters, Func<ModelParameter, SafetensorsTensor, bool> isWanted)
        : base(folder, files, new BertFileNames(BertNames.Of(config.Family)), parameters, config.Labels, isWanted)
    {
        Config = config;
        Parameters = parameters;
    }

    /// <summary>The model's dimensions, with the task's number of labels.</summary>
    public BertConfig Config { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<BertParameter> Parameters { get; }

    /// <inheritdoc/>
    public override ModelSizes Sizes =>
        new(Config.VocabularySize, Config.HiddenSize, Config.IntermediateSize, Config.Layers, Config.LongestSequence);

    /// <summary>Whether the trunk's names in the file lack the <c>bert.</c> or <c>roberta.</c> prefix.</summary>
    public bool IsBare => BertFileNames.IsBareTrunk(SourceOf(Parameters[0].Name)!.Name);

    internal BertFileNames Names => new(BertNames.Of(Config.Family));

    /// <summary>Opens the model of a folder for a task.</summary>
    /// <param name="folder">Holds <c>config.json</c> and <c>model.safetensors</c>, or shards and their index.</param>
    /// <param name="labels">The number of classifier outputs the task needs, 1 for regression.</param>
    /// <param name="resetHead">Whether to leave a classifier in the file unread and make a new one.</param>
    /// <exception cref="ModelFolderException">
    /// A file is missing, a weight of the trunk is missing or given twice, a shape or type does not fit, or an index and its shards
    /// do not belong together.
    /// </exception>
    /// <exception cref="SafetensorsException">A file of weights is malformed.</exception>
    public static BertCheckpoint Open(string folder, int labels, bool resetHead = false) =>
        Open(folder, labels, (parameter, _) => !(parameter.IsHead && resetHead));

    /// <summary>Opens the base of an adapter. The classifier is the adapter's, so one in the file that is for another number of
    /// labels is left unread.</summary>
    /// <param name="folder">Holds <c>config.json</c> and <c>model.safetensors</c>, or shards and their index.</param>
    /// <param name="labels">The adapter's number of classifier outputs.</param>
    /// <inheritdoc cref="Open(string, int, bool)" path="/exception"/>
    public static BertCheckpoint OpenForAdapter(string folder, int labels) =>
        Open(folder, labels, (parameter, tensor) => !parameter.IsHead || tensor.Shape.SequenceEqual(parameter.Shape));

    private static BertCheckpoint Open(string folder, int labels, Func<ModelParameter, SafetensorsTensor, bool> isWanted)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(labels);
        BertConfig config = BertConfigFile.Read(folder, labels);
        WeightFiles files = WeightFiles.Open(folder);
        try
        {
            return new BertCheckpoint(folder, config, files, [.. BertParameters.Of(config)], isWanted);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }
}
