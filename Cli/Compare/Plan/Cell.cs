using VkSparseGrad.Cli.Train;

namespace VkSparseGrad.Cli.Compare.Plan;

/// <summary>One run of a comparison.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Method">The method.</param>
/// <param name="Settings">What is run, with what depends on the model filled in.</param>
internal sealed record Cell(string Task, MethodVariant Method, TrainSettings Settings)
{
    public ulong Seed => Settings.Training.Seed;

    /// <summary>Where its result is.</summary>
    public string Folder => Settings.Output;

    /// <summary>Where its failure is.</summary>
    public string FailureFile => Settings.Output + ".failed.json";

    /// <summary>The settings under their names, as <c>metrics.json</c> has them.</summary>
    public IReadOnlyList<(string Name, object? Value)> Effective { get; } = EffectiveSettings.Of(Settings, Settings.MaxLength!.Value);

    /// <summary>For people.</summary>
    public override string ToString() => $"{Task}, {Method.Name}, seed {Seed}";
}
