using VkSparseGrad.Cli.Train;
using VkSparseGrad.Layers;
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

    /// <summary>Whether LoRA's rank is the one whose trained values in the MLP come nearest to SparseGrad's.</summary>
    public bool MatchParameters { get; init; }

    /// <summary>Files and folders that are read from.</summary>
    public string[] Inputs => [Model, Data];

    /// <summary>How the model is loaded: where the rest is frozen, its 16-bit weights stay so.</summary>
    public LlamaOptions Layers(LlamaConfig config) => new()
    {
        Blocks = Blocks.In(config.Layers),
        AdaptsGate = AdaptsGate,
        KeepsHalves = Training.Scope == TrainingScope.Mlp,
        ChangesWeights = Training.Method != TrainingMethod.Lora,
    };

    /// <summary>These settings with what depends on the model filled in.</summary>
    public LanguageSettings For(LlamaConfig config)
    {
        LoraOptions lora = Training.Lora;
        if (AdaptsGate && Training.Method == TrainingMethod.Lora && !lora.Targets.Contains(LayerKind.Gate))
        {
            lora = lora.Targets.SequenceEqual(new LoraOptions().Targets)
                ? lora with { Targets = [.. lora.Targets, LayerKind.Gate] }
                : throw new ArgumentException("--gate is not among --lora-targets; add gate to them, or leave out --gate.");
        }

        TrainingOptions training = MatchParameters && Training.Method == TrainingMethod.Lora
            ? Training with { Lora = lora with { Rank = ParameterBudget.MatchingRank(config.HiddenSize, config.IntermediateSize, Training) } }
            : Training with { Lora = lora };
        return this with { BlockSize = BlockSize ?? Math.Min(LanguageArguments.DefaultBlockSize, config.MaxPositions), Training = training };
    }
}
