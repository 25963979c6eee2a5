using Spectre.Console;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Cli.Train;

/// <summary>The table at the end of a run.</summary>
internal static class Summary
{
    public static void Print(Terminal terminal, TrainOutcome outcome)
    {
        Table scores = new Table().AddColumns("Metric", "Before", "After");
        foreach ((string metric, double? before, double? after) in outcome.Scores)
            AddRow(scores, metric, Text.Score(before), Text.Score(after));
        terminal.Console.Write(scores);

        Table table = new Table().AddColumns("Run", "");
        AddRow(table, "Training loss, mean of the last 100 steps", Text.Score(outcome.FinalTrainingLoss));
        AddRow(table, "Steps", $"{Text.Count(outcome.Steps)} in {Text.Time(outcome.TrainingTime)}");
        if (outcome.StoppedEarly)
            AddRow(table, "Stopped early", "no improvement of the first metric");
        if (outcome.BestStep is int best)
            AddRow(table, "Best evaluation", $"step {Text.Count(best)}");
        if (outcome.Checkpoints is { } cost)
            AddRow(table, "Checkpoints", FormattableString.Invariant($"{cost.Count} of {Text.Bytes(cost.Bytes)}, {cost.MeanTime.TotalSeconds:F2} s each"));
        AddRow(table, "Speed", FormattableString.Invariant($"{outcome.StepsPerSecond:F2} steps/s, {Text.Count(outcome.TokensPerSecond)} tokens/s"));
        AddRow(table, "Trained parameters", Text.Count(outcome.TrainedParameters));
        if (outcome.KeptEnergy.Count > 0)
            AddRow(table, "Share of the gradient's energy that was kept", Energy(outcome.KeptEnergy));
        if (outcome.PreliminaryTime is TimeSpan preliminary && outcome.BasisTime is TimeSpan basis)
            AddRow(table, "Preliminary phase, basis", $"{Text.Time(preliminary)}, {Text.Time(basis)}");
        AddRow(table, "Peak device memory", Text.Bytes(outcome.PeakMemory.Total));
        foreach (MemoryCategory category in Enum.GetValues<MemoryCategory>())
            AddRow(table, "  " + category.ToString().ToLowerInvariant(), Text.Bytes(outcome.PeakMemory[category]));
        AddRow(table, "Device", $"{outcome.Device.Name} ({Text.Kind(outcome.Device.Kind)})");
        AddRow(table, "Driver", outcome.Device.Driver);
        terminal.Console.Write(table);
    }

    private static string Energy(IReadOnlyList<(string Weight, double Share)> layers) => FormattableString.Invariant(
        $"{layers.Average(layer => layer.Share):P1} ({layers.Min(layer => layer.Share):P1} to {layers.Max(layer => layer.Share):P1} by layer)");

    // Values are no markup.
    private static void AddRow(Table table, params string[] cells) =>
        table.AddRow(cells.Select(cell => new Spectre.Console.Text(cell)));
}
