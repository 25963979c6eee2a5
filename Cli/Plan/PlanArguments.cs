using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Plan;

/// <summary>The options of <c>vksparsegrad plan</c>. Defaults are those of training.</summary>
internal sealed class PlanArguments
{
    private readonly Option<string> model = Options.Text(
        "--model", "Folder of a BERT, RoBERTa or LLaMA as on Hugging Face, of which config.json alone is read.", "folder", required: true);

    private readonly Option<string> method = SharedOptions.Method();

    private readonly MethodArguments methodArguments = new();

    private readonly Option<string> task = Optional(Options.Choice(
        "--task", "What is trained for: classify, or language for the prediction of each next token. [default: language for a LLaMA, else classify]",
        ["classify", "language"]));

    private readonly Option<BlockList> layers = BlockList.Option();

    private readonly Option<bool> gate = SharedOptions.Gate();

    private readonly Option<int?> batchSize = SharedOptions.BatchSize("Sequences that are computed at once", new TrainingOptions().BatchSize);

    private readonly Option<int?> length = Options.Number<int>(
        "--length", "Tokens of a sequence. [default: 512 for a LLaMA, else 128, or the model's positions if fewer]",
        "a whole number from 2 to 1000000", value => value is >= 2 and <= 1_000_000);

    private readonly Option<int?> accumulation = SharedOptions.Accumulation();

    private readonly Option<bool> checkpointing = SharedOptions.Checkpointing();

    private readonly PrecisionOption precision = SharedOptions.Precision();

    private readonly Option<string> weights = Optional(Options.Choice(
        "--weights", "What the weights are stored as. [default: what config.json says, else f32]", ["f32", "f16", "bf16"]));

    private readonly Option<bool> software = Options.Switch(
        "--software", "For a software driver, whose matrix product copies some of its operands, and whose memory is the host's.");

    private readonly Option<bool> json = Options.Switch("--json", "Write the plan as JSON, in bytes.");

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All =>
    [
        model, method, task, layers, gate, batchSize, length, accumulation, checkpointing, precision.Option, weights, software, json, .. methodArguments.All,
    ];

    public bool AsJson(ParseResult result) => result.GetValue(json);

    public PlanSettings Read(ParseResult result)
    {
        var schedule = new TrainingOptions
        {
            BatchSize = result.GetRequiredValue(batchSize)!.Value,
            Accumulation = result.GetRequiredValue(accumulation)!.Value,
            Checkpointing = result.GetValue(checkpointing),
            Precision = precision.Read(result),
        };
        TrainingOptions training = methodArguments.Read(result, schedule, result.GetRequiredValue(method), out bool matches);
        return new PlanSettings
        {
            Model = result.GetRequiredValue(model),
            Task = result.GetValue(task),
            Training = training,
            MatchParameters = matches,
            Layers = result.GetResult(layers) is { Implicit: false } ? result.GetRequiredValue(layers) : null,
            Gate = result.GetValue(gate),
            Length = result.GetValue(length),
            Weights = Format(result.GetValue(weights)),
            Software = result.GetValue(software),
        };
    }

    private static Option<string> Optional(Option<string> choice)
    {
        choice.Required = false;
        return choice;
    }

    private static WeightFormat? Format(string? name) => name switch
    {
        "f32" => WeightFormat.Float32,
        "f16" => WeightFormat.Float16,
        "bf16" => WeightFormat.BFloat16,
        _ => null,
    };
}
