using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>The options that say how a run goes, whatever it trains. Defaults are the library's.</summary>
/// <param name="examples">What an epoch is a pass over.</param>
/// <param name="perBatch">What a batch is so many of, such as <c>Blocks a step</c>.</param>
/// <param name="batchSize">The default; null for the library's.</param>
internal sealed class ScheduleArguments(string examples, string perBatch, int? batchSize = null)
{
    private static readonly TrainingOptions Defaults = new();

    private readonly Option<int?> epochs = Options.Number<int>(
        "--epochs", $"Passes over the {examples}.", "a whole number from 1 to 1000", value => value is >= 1 and <= 1000, Defaults.Epochs);

    private readonly Option<int?> sequences = SharedOptions.BatchSize(perBatch, batchSize ?? Defaults.BatchSize);

    private readonly Option<int?> accumulation = SharedOptions.Accumulation();

    private readonly Option<bool> checkpointing = SharedOptions.Checkpointing();

    private readonly PrecisionOption precision = SharedOptions.Precision();

    private readonly Option<double?> learningRate = Options.Number<double>(
        "--learning-rate", "Peak learning rate.", "a number above 0, such as 1e-4",
        value => value > 0 && double.IsFinite(value), Defaults.LearningRate);

    private readonly Option<double?> warmup = Options.Number<double>(
        "--warmup", "Steps over which the learning rate rises: below 1 a share of all steps, from 1 on a number of steps.",
        "a share from 0 to below 1, or a whole number of steps",
        value => value is >= 0 and < 1 || (value is >= 1 and <= int.MaxValue && double.IsInteger(value)), Defaults.Warmup);

    private readonly Option<string> schedule = Options.Choice(
        "--schedule", "How the learning rate goes on after warm-up: linear or cosine, falling to 0 at the end, or constant.",
        ["linear", "cosine", "constant"], "linear");

    private readonly Option<double?> maxGradientNorm = Options.Number<double>(
        "--max-gradient-norm", "The norm to which the gradient of all trained values together is clipped; 0 for no clipping.",
        "a number from 0 on", value => value >= 0 && double.IsFinite(value), Defaults.Optimizer.MaxGradientNorm);

    private readonly Option<double?> weightDecay = Options.Number<double>(
        "--weight-decay", "AdamW's decay of dense matrices.", "a number from 0 on",
        value => value >= 0 && double.IsFinite(value), Defaults.Optimizer.WeightDecay);

    private readonly Option<ulong?> seed = Options.Number<ulong>(
        "--seed", "For order, dropout and new weights; the same seed on the same device gives the same bytes.",
        "a whole number from 0 to 18446744073709551615", _ => true, Defaults.Seed);

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All =>
        [epochs, sequences, accumulation, checkpointing, precision.Option, learningRate, schedule, warmup, weightDecay, maxGradientNorm, seed];

    /// <summary>What these options say; the method is left to others.</summary>
    public TrainingOptions Read(ParseResult result) => new()
    {
        Epochs = result.GetRequiredValue(epochs)!.Value,
        BatchSize = result.GetRequiredValue(sequences)!.Value,
        Accumulation = result.GetRequiredValue(accumulation)!.Value,
        Checkpointing = result.GetValue(checkpointing),
        Precision = precision.Read(result),
        LearningRate = result.GetRequiredValue(learningRate)!.Value,
        Decay = Enum.Parse<LearningRateDecay>(result.GetRequiredValue(schedule), ignoreCase: true),
        Warmup = result.GetRequiredValue(warmup)!.Value,
        Seed = result.GetRequiredValue(seed)!.Value,
        Optimizer = new OptimizerOptions
        {
            WeightDecay = result.GetRequiredValue(weightDecay)!.Value,
            MaxGradientNorm = result.GetRequiredValue(maxGradientNorm)!.Value,
        },
    };
}
