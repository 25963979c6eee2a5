using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Datasets.Chat;
using VkSparseGrad.ModelLoaders.Datasets.Language;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.TrainLanguage;

/// <summary>What the training of a language model was asked for.</summary>
internal sealed record LanguageSettings : RunSettings
{
    /// <summary>Whether the data are conversations and not plain text.</summary>
    public required bool IsChat { get; init; }

    /// <summary>What of conversations is learned.</summary>
    public ChatOptions Chat { get; init; } = new();

    /// <summary>The line that parts documents of plain text.</summary>
    public string Separator { get; init; } = PlainTextDataset.EndOfText;

    /// <summary>Most tokens of a block; null takes the default, or what the model has positions for if that is less.</summary>
    public int? BlockSize { get; init; }

    public double ValidationShare { get; init; }

    public bool StrictData { get; init; }

    /// <summary>The blocks of the model whose MLP is adapted.</summary>
    public BlockList Blocks { get; init; } = BlockList.All;

    /// <summary>Whether <c>gate_proj</c> is adapted as well.</summary>
    public bool AdaptsGate { get; init; }

    /// <inheritdoc/>
    public override string[] Inputs => [Model, Data];

    /// <summary>How the model is loaded.</summary>
    public LlamaOptions Layers(LlamaConfig config) => AdaptedLayers.Of(Training, Blocks.In(config.Layers), AdaptsGate);

    /// <summary>These settings with what depends on the model filled in.</summary>
    public LanguageSettings For(LlamaConfig config)
    {
        TrainingOptions training = AdaptsGate ? AdaptedLayers.WithGate(Training) : Training;
        return this with
        {
            BlockSize = BlockSize ?? Math.Min(LanguageArguments.DefaultBlockSize, config.MaxPositions),
            Training = MatchParameters ? ParameterBudget.WithMatchingRank(config.HiddenSize, config.IntermediateSize, training) : training,
        };
    }
}
