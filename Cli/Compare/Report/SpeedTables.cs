using VkSparseGrad.Cli.Compare.Cells;
using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Compare.Report;

/// <summary>Speed and memory of every method, beside full fine-tuning of the same tasks. Speeds are left out where cells ran on
/// several devices: a ratio of such would be one of the devices.</summary>
internal static class SpeedTables
{
    public static IEnumerable<ReportTable> Of(ComparisonState state)
    {
        MethodVariant? full = state.Plan.Methods.FirstOrDefault(method => method.Kind == TrainingMethod.Full);
        yield return Averages(state, full);
        if (state.IsOneDevice)
            yield return ByTask("Steps/s by task", state, full, result => result.StepsPerSecond, value => Numbers.Of(value, "F2"));
        yield return ByTask("Peak device memory by task", state, full, result => result.PeakBytes, Numbers.Bytes);
    }

    private static ReportTable Averages(ComparisonState state, MethodVariant? full)
    {
        CommonTasks common = CommonTasks.WithResults(state);
        string[] Row(MethodVariant method)
        {
            double? Own(Func<CellResult, double?> value) => common.Mean(method, value);
            double? Speed(Func<CellResult, double?> value) => state.IsOneDevice ? Own(value) : null;
            string Ratio(Func<CellResult, double?> value) => Numbers.Ratio(Own(value), full is null ? null : common.Mean(full, value));
            string SpeedRatio(Func<CellResult, double?> value) => state.IsOneDevice ? Ratio(value) : Numbers.Absent;
            return
            [
                method.Name,
                Numbers.Of(Speed(result => result.StepsPerSecond), "F2"), SpeedRatio(result => result.StepsPerSecond),
                Numbers.Of(Speed(result => result.TokensPerSecond), "N0"), SpeedRatio(result => result.TokensPerSecond),
                Numbers.Bytes(Own(result => result.PeakBytes)), Ratio(result => result.PeakBytes),
                Numbers.Of(Speed(result => result.PreliminarySeconds), "F1"), Numbers.Of(Speed(result => result.BasisSeconds), "F1"),
            ];
        }

        return new ReportTable(
            "Speed and memory",
            common.Tasks.Count == 0
                ? "There is no task that every method has."
                : $"Of the training phase alone, means over {string.Join(", ", common.Tasks)}, and beside each {Reference(full)}.{(state.IsOneDevice ? "" : $" Speeds are left out, since cells ran on several devices: {string.Join("; ", state.Devices)}.")}",
            ["method", "steps/s", "of full", "tokens/s", "of full", "peak device memory", "of full", "preliminary phase, s", "basis, s"],
            [.. state.Plan.Methods.Select(Row)]);
    }

    private static ReportTable ByTask(
        string title, ComparisonState state, MethodVariant? full, Func<CellResult, double?> value, Func<double?, string> describe)
    {
        double? Mean(string task, MethodVariant method) => Spread.Of(state.Of(task, method).Select(value).OfType<double>())?.Mean;
        string Cell(string task, MethodVariant method)
        {
            double? own = Mean(task, method);
            return full is null || own is null ? describe(own) : $"{describe(own)} ({Numbers.Ratio(own, Mean(task, full))})";
        }

        return new ReportTable(
            title, null, ["method", .. state.Plan.Tasks],
            [.. state.Plan.Methods.Select(method => (IReadOnlyList<string>)[method.Name, .. state.Plan.Tasks.Select(task => Cell(task, method))])]);
    }

    private static string Reference(MethodVariant? full) =>
        full is null ? "nothing, since full fine-tuning is not among the methods" : $"its ratio to {full.Name}";
}
