using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Tasks;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>The options of <c>vksparsegrad train</c>. Defaults are the library's.</summary>
internal sealed class TrainArguments
{
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

    private readonly Option<string> method = SharedOptions.Method();

    private readonly MethodArguments methodArguments = new();

    private readonly ScheduleArguments scheduleArguments = new("training rows", "Sentences or pairs a step");

    private readonly CheckpointArguments checkpointArguments = new();

    private readonly EvaluationArguments evaluationArguments = new();

    private readonly Option<string> output = SharedOptions.RunOutput();

    private readonly Option<bool> overwrite = SharedOptions.OverwriteRun();

    private readonly Option<string> device = SharedOptions.Device();

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

    private readonly Option<bool> noTuning = SharedOptions.NoTuning();

    private readonly Option<bool> validation = SharedOptions.Validation();

    /// <summary>The name of a task on the command line and in <c>metrics.json</c>.</summary>
    public static string Name(GlueTask task) => task.Name.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All =>
    [
        model, task, data, trainFile, devFile, strictData, method, output, overwrite, device, .. scheduleArguments.All, .. methodArguments.All, .. evaluationArguments.All, .. checkpointArguments.All, maxLength, maxTrainRows, shuffleRows, maxEvalRows, literalSpecialTokens, resetHead, addPrefix,
        noTuning, validation,
    ];

    public TrainSettings Read(ParseResult result)
    {
        TrainingOptions training = methodArguments.Read(result, scheduleArguments.Read(result), result.GetRequiredValue(method), out bool matches);
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
            Tuning = !result.GetValue(noTuning),
            Validation = result.GetValue(validation),
            MatchParameters = matches,
            Checkpoints = checkpointArguments.Read(result),
            Evaluations = evaluationArguments.Read(result),
            Training = training,
        };
    }
}
