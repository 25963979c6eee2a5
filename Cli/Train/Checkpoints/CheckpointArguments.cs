using System.CommandLine;
using VkSparseGrad.Cli.CommandLine;

namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>The options about checkpoints.</summary>
internal sealed class CheckpointArguments
{
    private readonly Option<int?> saveSteps = Options.Number<int>(
        "--save-steps", "Write a checkpoint on every n-th step of either phase, to go on from with --resume. They stay when the run is finished. [default: none]",
        "a whole number from 1 on", value => value >= 1);

    private readonly Option<int?> keep = Options.Number<int>(
        "--keep", "Checkpoints that stay, the newest ones; older ones are removed once a new one is complete. The best one of --early-stopping stays too.",
        "a whole number from 1 on", value => value >= 1, CheckpointSettings.DefaultKeep);

    private readonly Option<string> folder = Options.Text(
        "--checkpoints", "Folder of the checkpoints. [default: the output folder's name with '.checkpoints' behind it]", "folder", required: false);

    private readonly Option<string> resume = Options.Text(
        "--resume", "Go on from a checkpoint: its folder, or 'last' for the newest complete one. All settings that steps depend on must be the same; on the same device the result is too, bit for bit.",
        "folder|last", required: false);

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All => [saveSteps, keep, folder, resume];

    public CheckpointSettings Read(ParseResult result) => new()
    {
        SaveSteps = result.GetValue(saveSteps),
        Keep = result.GetRequiredValue(keep)!.Value,
        Folder = result.GetValue(folder),
        Resume = result.GetValue(resume),
    };
}
