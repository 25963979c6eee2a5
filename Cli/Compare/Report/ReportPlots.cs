using System.Globalization;
using ScottPlot;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;
using VkSparseGrad.Cli.Compare.Cells;
using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Cli.Plots;

namespace VkSparseGrad.Cli.Compare.Report;

/// <summary>The plots of a report.</summary>
internal static class ReportPlots
{
    private const string Folder = "plots";
    private const int SmoothedShare = 25;

    /// <summary>Writes the plots that the results so far give.</summary>
    public static IReadOnlyList<ReportPlot> Write(ComparisonState state, string output)
    {
        Directory.CreateDirectory(Path.Combine(output, Folder));
        var plots = new List<ReportPlot>();
        foreach (string task in state.Plan.Tasks.Where(task => state.Plan.Methods.Any(method => state.Of(task, method).Any(HasLosses))))
            plots.Add(Save(output, $"loss-{task}.png", $"Training loss on {task}", Losses(state, task)));
        if (CommonTasks.WithScores(state).Tasks.Count > 0)
            plots.Add(Save(output, "score-parameters.png", "Score against trained parameters", ScoresByParameters(state)));
        if (CommonTasks.WithScores(state).Tasks.Count > 0 && VariationTables.Families(state.Plan).Count > 0)
            plots.Add(Save(output, "score-fraction.png", "Score against fraction", ScoresByFraction(state)));
        return plots;
    }

    private static ReportPlot Save(string output, string name, string title, Plot plot)
    {
        PlotFile.Write(Path.Combine(output, Folder, name), plot);
        return new ReportPlot(title, $"{Folder}/{name}");
    }

    private static Plot Losses(ComparisonState state, string task)
    {
        Plot plot = PlotTheme.NewPlot($"Training loss on {task}, smoothed, mean over seeds", "Step", "Loss");
        for (int i = 0; i < state.Plan.Methods.Count; i++)
        {
            double[] losses = Smoothed(MeanLosses([.. state.Of(task, state.Plan.Methods[i]).Where(HasLosses)]));
            if (losses.Length == 0)
                continue;
            Scatter line = plot.Add.ScatterLine(Enumerable.Range(1, losses.Length).Select(step => (double)step).ToArray(), losses, ColorOf(i));
            line.LineWidth = 2;
            line.LegendText = state.Plan.Methods[i].Name;
        }

        plot.ShowLegend(Alignment.UpperRight);
        return plot;
    }

    private static Plot ScoresByParameters(ComparisonState state)
    {
        CommonTasks common = CommonTasks.WithScores(state);
        Plot plot = PlotTheme.NewPlot($"Score against trained parameters, {Over(common)}", "Trained parameters", "Score");
        plot.Axes.Bottom.TickGenerator = Ticks(
            Enumerable.Range(1, 12).SelectMany(power => (double[])[1, 2, 5], (power, digit) => digit * Math.Pow(10, power)), Short);
        for (int i = 0; i < state.Plan.Methods.Count; i++)
        {
            MethodVariant method = state.Plan.Methods[i];
            double parameters = common.Mean(method, result => result.TrainedParameters)!.Value;
            Scatter point = plot.Add.ScatterPoints(new[] { Math.Log10(parameters) }, new[] { common.Score(method)!.Value }, ColorOf(i));
            point.MarkerSize = 14;
            point.LegendText = method.Name;
        }

        // Points at the edge are hard to see.
        plot.Axes.Margins(0.1, 0.1);
        plot.ShowLegend(Edge.Right);
        return plot;
    }

    private static Plot ScoresByFraction(ComparisonState state)
    {
        CommonTasks common = CommonTasks.WithScores(state);
        Plot plot = PlotTheme.NewPlot($"Score against fraction, {Over(common)}", "Fraction of the MLP weights' entries", "Score");
        IReadOnlyList<IReadOnlyList<MethodVariant>> families = VariationTables.Families(state.Plan);
        plot.Axes.Bottom.TickGenerator = Ticks(
            families.SelectMany(family => family).Select(method => VariationTables.Fraction(state.Plan, method)).Distinct(),
            fraction => fraction.ToString(CultureInfo.InvariantCulture));
        for (int i = 0; i < families.Count; i++)
        {
            Scatter line = plot.Add.ScatterLine(
                families[i].Select(method => Math.Log10(VariationTables.Fraction(state.Plan, method))).ToArray(),
                families[i].Select(method => common.Score(method)!.Value).ToArray(), ColorOf(i));
            line.LineWidth = 2;
            line.MarkerSize = 10;
            line.LegendText = families[i][0].Family;
        }

        plot.ShowLegend(Alignment.LowerRight);
        return plot;
    }

    /// <summary>Ticks at given values of an axis whose positions are decimal logarithms.</summary>
    private static NumericManual Ticks(IEnumerable<double> values, Func<double, string> label) =>
        new([.. values.Select(Math.Log10)], [.. values.Select(label)]);

    /// <summary>Such as <c>200 k</c> or <c>5 M</c>.</summary>
    private static string Short(double count) => count switch
    {
        >= 1e9 => Text.Count(count / 1e9) + " G",
        >= 1e6 => Text.Count(count / 1e6) + " M",
        >= 1e3 => Text.Count(count / 1e3) + " k",
        _ => Text.Count(count),
    };

    private static Color ColorOf(int place) => PlotTheme.Colors[place % PlotTheme.Colors.Count];

    private static string Over(CommonTasks common) => common.Tasks.Count == 1 ? common.Tasks[0] : $"mean over {string.Join(", ", common.Tasks)}";

    private static bool HasLosses(CellResult result) => result.Losses.Count > 0;

    private static double[] MeanLosses(IReadOnlyList<CellResult> results) => results.Count == 0
        ? []
        : [.. Enumerable.Range(0, results.Min(result => result.Losses.Count)).Select(step => results.Average(result => result.Losses[step]))];

    /// <summary>The mean of each loss and those before it, over a 25th of the run.</summary>
    private static double[] Smoothed(double[] losses)
    {
        int window = Math.Max(1, losses.Length / SmoothedShare);
        return [.. losses.Select((_, step) => losses[Math.Max(0, step - window + 1)..(step + 1)].Average())];
    }
}
