using VkSparseGrad.Cli.Train;
using VkSparseGrad.Devices;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Planning;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Plan;

/// <summary>A run as it is planned: the settings with defaults filled in, and its memory.</summary>
/// <param name="Model">Such as <c>LLaMA, language model</c>.</param>
/// <param name="Options">The run.</param>
/// <param name="Adapted">Which layers of a LLaMA are adapted; null for another model.</param>
/// <param name="Memory">What it needs.</param>
internal sealed record PlannedRun(string Model, PlanOptions Options, LlamaOptions? Adapted, MemoryPlan Memory)
{
    private const int LlamaLength = 512;
    private const int OtherLength = 128;

    /// <exception cref="ModelFolderException">The configuration is missing, or that of another kind of model.</exception>
    /// <exception cref="ArgumentException">The settings do not fit the model.</exception>
    public static PlannedRun Of(PlanSettings settings)
    {
        ConfigOverview overview = ConfigOverview.Read(settings.Model);
        return overview.IsLlama ? OfLlama(settings, overview) : OfBert(settings, overview);
    }

    private static PlannedRun OfBert(PlanSettings settings, ConfigOverview overview)
    {
        if (settings.Task == "language")
            throw new ArgumentException("--task language is for a LLaMA; a BERT or RoBERTa predicts no next token.");
        if (settings.Layers is not null || settings.Gate)
            throw new ArgumentException($"{(settings.Gate ? "--gate" : "--layers")} is for a LLaMA; of a BERT or RoBERTa every block is adapted.");
        BertConfig config = BertConfigFile.Read(settings.Model);
        PlanOptions options = OptionsOf(
            settings, settings.Training, config.HiddenSize, config.IntermediateSize, overview, Math.Min(OtherLength, config.LongestSequence));
        string name = BertNames.Of(config.Family).Model;
        return new PlannedRun($"{name}, classifier", options, null, MemoryPlanner.Plan(config, options));
    }

    private static PlannedRun OfLlama(PlanSettings settings, ConfigOverview overview)
    {
        LlamaConfig config = LlamaConfigFile.Read(settings.Model);
        PlanOptions options = OptionsOf(
            settings, settings.Gate ? AdaptedLayers.WithGate(settings.Training) : settings.Training,
            config.HiddenSize, config.IntermediateSize, overview, Math.Min(LlamaLength, config.MaxPositions));
        LlamaOptions adapted = AdaptedLayers.Of(options.Training, settings.Layers?.In(config.Layers), settings.Gate);
        return settings.Task == "classify"
            ? new PlannedRun(
                "LLaMA, classifier", options, adapted,
                MemoryPlanner.PlanClassifier(config, LlamaConfigFile.ReadLabels(settings.Model), adapted, options))
            : new PlannedRun("LLaMA, language model", options, adapted, MemoryPlanner.PlanLanguageModel(config, adapted, options));
    }

    private static PlanOptions OptionsOf(
        PlanSettings settings, TrainingOptions training, int hidden, int inner, ConfigOverview overview, int length) => new()
    {
        Training = settings.MatchParameters ? ParameterBudget.WithMatchingRank(hidden, inner, training) : training,
        Length = settings.Length ?? length,
        Weights = settings.Weights ?? overview.Weights ?? WeightFormat.Float32,
        Matmul = settings.Software ? MatmulKernel.Subgroup : MatmulKernel.Tile,
    };
}
