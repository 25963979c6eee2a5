using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;

namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>The options about evaluation during training.</summary>
internal sealed class EvaluationArguments
{
    private readonly Option<int?> steps = Options.Number<int>(
        "--eval-steps", "Evaluate on every n-th step too, which changes nothing in the training; results go to evaluations.jsonl. [default: before and after only]",
        "a whole number from 1 on", value => value >= 1);

    private readonly Option<bool> eachEpoch = Options.Switch("--eval-epochs", "Evaluate at each epoch's end too.");

    private readonly Option<int?> patience = Options.Number<int>(
        "--early-stopping", "Stop when the first metric has not improved for n evaluations, and write the weights of the best one. It is kept as a checkpoint until then.",
        "a whole number from 1 on", value => value >= 1);

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All => [steps, eachEpoch, patience];

    public EvaluationSettings Read(ParseResult result)
    {
        var settings = new EvaluationSettings(result.GetValue(steps), result.GetValue(eachEpoch), result.GetValue(patience));
        if (settings is { Patience: not null, IsAny: false })
            throw new ArgumentException("--early-stopping needs evaluations; say when with --eval-steps or --eval-epochs.");
        return settings;
    }
}
