using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Tasks;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>The options of <c>vksparsegrad train</c>. Defaults are the library's.</summary>
internal sealed class TrainArguments
{
    private static readonly TrainingOptions Defaults = new();

    private readonly Option<string> model = SharedOptions.PretrainedModel(required: true);

    private readonly Option<string> task = TaskOption.Create();

    private readonly Option<string> data = Options.Text(
        "--data", "Folder of the task's train.tsv and dev.tsv (mnli: dev_matched.tsv and dev_mismatched.tsv), as the GLUE benchmark ships them.",
        "folder", required: true);

    private readonly Option<string> trainFile = Options.Text(
        "--train-file", "File in the data folder to train on in place of train.tsv. It has the columns the task needs, and may have others.",
        "name", required: false);

    private readonly Option<string> devFile = Options.Text(
        "--dev-file", "File in the data folder to evaluate on in place of dev.tsv; for mnli this one alone.", "name", required: false);

    private readonly Option<bool> strictData = SharedOptions.StrictData();

    private readonly Option<string> method = Options.Choice(
        "--method", "How the MLP weights are trained. full: every weight. lora: a product of narrow matrices is added to each. meprop: the largest entries of the gradient. sparsegrad: the largest coefficients of the gradient in a basis found beforehand. bitfit: biases only. frozen-mlp: not at all.",
        [.. MethodArguments.Methods]);

    private readonly MethodArguments methodArguments = new();

    private readonly CheckpointArguments checkpointArguments = new();

    private readonly EvaluationArguments evaluationArguments = new();

    private readonly Option<string> output = Options.Text(
        "--output", "Folder for the result: the merged model, adapter/ (but for full), metrics.json, steps.jsonl. Must not exist yet, or be empty.",
        "folder", required: true);

    private readonly Option<bool> overwrite = Options.Switch(
        "--overwrite", "Replace the output folder as a whole if it holds an earlier result, and checkpoints of an earlier run.");

    private readonly Option<string> device = SharedOptions.Device();

    private readonly Option<int?> epochs = Options.Number<int>(
        "--epochs", "Passes over the training rows.", "a whole number from 1 to 1000", value => value is >= 1 and <= 1000, Defaults.Epochs);

    private readonly Option<int?> batchSize = SharedOptions.BatchSize("a step", Defaults.BatchSize);

    private readonly Option<int?> accumulation = Options.Number<int>(
        "--accumulation", "Batches whose gradients are added up to one step, for batches that do not fit the memory at once.",
        "a whole number from 1 to 4096", value => value is >= 1 and <= 4096, Defaults.Accumulation);

    private readonly Option<bool> checkpointing = Options.Switch(
        "--checkpointing", "Keep of each block only the input, and compute the block again in the backward pass: less memory, a third more arithmetic, the same result.");

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

    private readonly Option<int?> maxLength = SharedOptions.MaxLength();

    private readonly Option<int?> maxTrainRows = Options.Number<int>(
        "--max-train-rows", "Train on the first n rows of the file only. [default: all]", "a whole number from 1 on", value => value >= 1);

    private readonly Option<bool> shuffleRows = Options.Switch(
        "--shuffle-rows", "Take the --max-train-rows from all over the file, chosen by the seed, and not its first ones.");

    private readonly Option<int?> maxEvalRows = Options.Number<int>(
        "--max-eval-rows", "Evaluate on the first n rows of the dev file only. [default: all]", "a whole number from 1 on", value => value >= 1);

    private readonly Option<bool> literalSpecialTokens = SharedOptions.LiteralSpecialTokens();

    private readonly Option<bool> resetHead = SharedOptions.ResetHead();

    private readonly Option<bool> addPrefix = Options.Switch(
        "--add-prefix", "Write 'bert.' or 'roberta.' before names that came without it. transformers' classifiers want it; without this switch names stay as they came.");

    private readonly Option<bool> validation = Options.Switch(
        "--validation", "Let Vulkan's validation layer watch (slow; for developers). The run fails if it complains.");

    /// <summary>The name of a task on the command line and in <c>metrics.json</c>.</summary>
    public static string Name(GlueTask task) => task.Name.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All =>
    [
        model, task, data, trainFile, devFile, strictData, method, output, overwrite, device, epochs, batchSize, accumulation, checkpointing, learningRate, schedule, warmup,
        weightDecay, maxGradientNorm, seed, .. methodArguments.All, .. evaluationArguments.All, .. checkpointArguments.All, maxLength, maxTrainRows, shuffleRows, maxEvalRows, literalSpecialTokens, resetHead, addPrefix,
        validation,
    ];

    public TrainSettings Read(ParseResult result)
    {
        TrainingOptions training = methodArguments.Read(result, ReadSchedule(result), result.GetRequiredValue(method), out bool matches);
        return new TrainSettings
        {
            Model = result.GetRequiredValue(model),
            Task = TaskOption.Read(result, task),
            Data = result.GetRequiredValue(data),
            TrainFile = result.GetValue(trainFile),
            DevFile = result.GetValue(devFile),
            StrictData = result.GetValue(strictData),
            Output = result.GetRequiredValue(output),
            Overwrite = result.GetValue(overwrite),
            Device = result.GetValue(device),
            MaxLength = result.GetValue(maxLength),
            MaxTrainRows = result.GetValue(maxTrainRows),
            ShuffleRows = result.GetValue(shuffleRows),
            MaxEvalRows = result.GetValue(maxEvalRows),
            LiteralSpecialTokens = result.GetValue(literalSpecialTokens),
            ResetHead = result.GetValue(resetHead),
            AddPrefix = result.GetValue(addPrefix),
            Validation = result.GetValue(validation),
            MatchParameters = matches,
            Checkpoints = checkpointArguments.Read(result),
            Evaluations = evaluationArguments.Read(result),
            Training = training,
        };
    }

    private TrainingOptions ReadSchedule(ParseResult result) => new()
    {
        Epochs = result.GetRequiredValue(epochs)!.Value,
        BatchSize = result.GetRequiredValue(batchSize)!.Value,
        Accumulation = result.GetRequiredValue(accumulation)!.Value,
        Checkpointing = result.GetValue(checkpointing),
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
