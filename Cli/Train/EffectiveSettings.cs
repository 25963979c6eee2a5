using System.Globalization;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Layers;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>The settings that a run works with, defaults filled in, as they are printed and saved.</summary>
internal static class EffectiveSettings
{
    /// <summary>Names, as in JSON, and values: string, bool, integer, double or null.</summary>
    public static IReadOnlyList<(string Name, object? Value)> Of(TrainSettings settings, int maxLength) =>
    [
        ("model", settings.Model),
        ("task", TrainArguments.Name(settings.Task)),
        ("data", settings.Data),
        ("train_file", settings.TrainFile),
        ("dev_file", settings.DevFile),
        ("strict_data", settings.StrictData),
        ("output", settings.Output),
        .. OfRun(settings),
        ("max_length", maxLength),
        ("max_train_rows", settings.MaxTrainRows),
        ("shuffle_rows", settings.ShuffleRows),
        ("max_eval_rows", settings.MaxEvalRows),
        ("literal_special_tokens", settings.LiteralSpecialTokens),
        ("device", settings.Device),
        ("reset_head", settings.ResetHead),
        ("add_prefix", settings.AddPrefix),
        ("validation", settings.Validation),
    ];

    /// <summary>Those that every run has, whatever it trains.</summary>
    public static IReadOnlyList<(string Name, object? Value)> OfRun(RunSettings settings)
    {
        TrainingOptions training = settings.Training;
        bool isSparseGrad = training.Method == TrainingMethod.SparseGrad;
        bool isSparse = isSparseGrad || training.Method == TrainingMethod.MeProp;
        LoraOptions? lora = training.Method == TrainingMethod.Lora ? training.Lora : null;
        return
        [
            ("method", MethodArguments.Name(training.Method)),
            ("train", training.Scope == TrainingScope.Mlp ? "mlp" : "all"),
            ("epochs", training.Epochs),
            ("batch_size", training.BatchSize),
            ("accumulation", training.Accumulation),
            ("checkpointing", training.Checkpointing),

            // Null for fp32, as in checkpoints and cells from before there was a choice.
            ("precision", training.Precision == Precision.Float32 ? null : PrecisionOption.Name(training.Precision)),
            ("learning_rate", training.LearningRate),
            ("schedule", training.Decay.ToString().ToLowerInvariant()),
            ("warmup", training.Warmup),
            ("weight_decay", training.Optimizer.WeightDecay),
            ("max_gradient_norm", training.Optimizer.MaxGradientNorm),
            ("seed", training.Seed),
            ("fraction", isSparse && training.KeptEntries is null ? training.Fraction : null),
            ("kept_entries", isSparse ? training.KeptEntries : null),
            ("selection", isSparseGrad ? training.Selection.ToString() : null),
            ("preliminary_steps", isSparseGrad ? training.PreliminarySteps : null),
            ("lora_rank", lora?.Rank),
            ("lora_alpha", lora is null ? null : lora.Scale * lora.Rank),
            ("lora_dropout", lora?.Dropout),
            ("lora_targets", lora is null ? null : MethodArguments.TargetNames(lora.Targets)),
            ("no_tuning", settings.Tuning ? null : true),
            ("eval_steps", settings.Evaluations.Steps),
            ("eval_epochs", settings.Evaluations.EachEpoch),
            ("early_stopping", settings.Evaluations.Patience),
            ("save_steps", settings.Checkpoints.SaveSteps),
            ("keep", settings.Checkpoints.SaveSteps is null ? null : settings.Checkpoints.Keep),
            ("checkpoints", settings.Checkpoints.Folder),
            ("resume", settings.Checkpoints.Resume),
        ];
    }

    /// <summary>One line for people; settings that are absent or off are left out.</summary>
    public static string Line(IReadOnlyList<(string Name, object? Value)> settings) => string.Join(
        ", ",
        settings.Where(setting => setting.Value is not (null or false)).Select(setting =>
            $"{setting.Name.Replace('_', '-')} {Convert.ToString(setting.Value, CultureInfo.InvariantCulture)}"));
}
