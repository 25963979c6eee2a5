using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.ModelLoaders.Datasets.Chat;
using VkSparseGrad.ModelLoaders.Datasets.Language;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.TrainLanguage;

/// <summary>The options of <c>vksparsegrad train-lm</c>. Defaults are the library's.</summary>
internal sealed class LanguageArguments
{
    public const int DefaultBlockSize = 512;

    private readonly Option<string> model = SharedOptions.LanguageModel();

    private readonly Option<string> data = Options.Text(
        "--data", "File, or folder with train.jsonl (conversations) or train.txt and perhaps validation.jsonl or validation.txt.", "path", required: true);

    private readonly Option<string> format = Options.Choice(
        "--format", "chat: conversations, as OpenAssistant's trees or {\"messages\": [...]}, a JSON object a line or one array. text: plain text, each document learned as it is.",
        ["chat", "text"]);

    private readonly Option<string> lossOn = Options.Choice(
        "--loss-on", "chat: learn the answers only, or all.", ["answers", "all"], "answers");

    private readonly Option<string> threads = Options.Choice(
        "--threads", "chat: of a tree of messages take all threads, or the best one by rank.", ["all", "best"], "all");

    private readonly Option<string> language = Options.Text(
        "--language", "chat: take messages of this language only, such as en.", "name", required: false);

    private readonly Option<string> separator = new("--separator")
    {
        Description = $"text: the line that parts documents; an empty one is a blank line. [default: {PlainTextDataset.EndOfText}]",
        HelpName = "line",
        Arity = ArgumentArity.ExactlyOne,
    };

    private readonly Option<int?> blockSize = Options.Number<int>(
        "--block-size", $"Most tokens of a block: texts that fit are put together, each attending to itself only; longer ones are cut and counted. [default: {DefaultBlockSize}, or the model's positions if fewer]",
        $"a whole number from {TextPacker.SmallestBlock} to 1000000", value => value is >= TextPacker.SmallestBlock and <= 1_000_000);

    private readonly Option<double?> validationShare = Options.Number<double>(
        "--validation-share", "Share of the trees or documents that is kept for validation where there is no file for it, chosen by the seed.",
        "a number from 0 to below 1", value => value is >= 0 and < 1, 0.1);

    private readonly Option<bool> strictData = SharedOptions.StrictData();

    private readonly Option<string> method = SharedOptions.Method();

    private readonly Option<BlockList> layers = BlockList.Option();

    private readonly Option<bool> gate = SharedOptions.Gate();

    private readonly MethodArguments methodArguments = new(trainsRest: false);

    private readonly ScheduleArguments scheduleArguments = new("blocks", "Blocks a step", batchSize: 1);

    private readonly CheckpointArguments checkpointArguments = new();

    private readonly EvaluationArguments evaluationArguments = new();

    private readonly Option<string> output = SharedOptions.RunOutput();

    private readonly Option<bool> overwrite = SharedOptions.OverwriteRun();

    private readonly Option<string> device = SharedOptions.Device();

    private readonly Option<bool> noTuning = SharedOptions.NoTuning();

    private readonly Option<bool> validation = SharedOptions.Validation();

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All =>
    [
        model, data, format, lossOn, threads, language, separator, blockSize, validationShare, strictData, method, layers, gate, output, overwrite, device,
        .. scheduleArguments.All, .. methodArguments.All, .. evaluationArguments.All, .. checkpointArguments.All, noTuning, validation,
    ];

    public LanguageSettings Read(ParseResult result) => new()
    {
        Model = result.GetRequiredValue(model),
        Data = result.GetRequiredValue(data),
        IsChat = result.GetRequiredValue(format) == "chat",
        Chat = new ChatOptions
        {
            LossOn = result.GetRequiredValue(lossOn) == "all" ? LossOn.All : LossOn.Answers,
            Threads = result.GetRequiredValue(threads) == "best" ? ThreadChoice.Best : ThreadChoice.All,
            Language = result.GetValue(language),
        },
        Separator = result.GetValue(separator) ?? PlainTextDataset.EndOfText,
        BlockSize = result.GetValue(blockSize),
        ValidationShare = result.GetRequiredValue(validationShare)!.Value,
        StrictData = result.GetValue(strictData),
        Blocks = result.GetRequiredValue(layers),
        AdaptsGate = result.GetValue(gate),
        Training = methodArguments.Read(result, scheduleArguments.Read(result), result.GetRequiredValue(method), out bool matches),
        MatchParameters = matches,
        Output = result.GetRequiredValue(output),
        Overwrite = result.GetValue(overwrite),
        Device = result.GetValue(device),
        Tuning = !result.GetValue(noTuning),
        Validation = result.GetValue(validation),
        Checkpoints = checkpointArguments.Read(result),
        Evaluations = evaluationArguments.Read(result) with { LowestIsBest = true },
    };
}
