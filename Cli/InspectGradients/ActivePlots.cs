using ScottPlot;
using ScottPlot.Plottables;
using VkSparseGrad.Cli.Plots;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>Histograms of how many rows and columns of a gradient are in use, a plot for each side and kind of weight.</summary>
internal static class ActivePlots
{
    private const int Bins = 20;
    private const double BinPercent = 100.0 / Bins;

    public static IReadOnlyList<Plot> Of(InspectOutcome outcome) =>
    [
        .. LayerNames.Kinds.SelectMany((_, kind) => (Plot[])
        [
            OfSide(outcome, kind, "rows", statistics => statistics.ActiveRows),
            OfSide(outcome, kind, "columns", statistics => statistics.ActiveColumns),
        ]),
    ];

    private static Plot OfSide(InspectOutcome outcome, int kind, string side, Func<SpaceStatistics, IReadOnlyList<double>> shares)
    {
        InspectedLayer[] layers = [.. outcome.Layers.Where(layer => layer.Kind == kind)];
        Plot plot = PlotTheme.NewPlot(
            $"{LayerNames.Kinds[kind]}.dense: {side} in use",
            $"Share of {side} with an entry above {LayerNames.Percent(SpaceStatistics.ActiveThreshold)} of the gradient's largest (%)",
            $"Gradients (of {Text.Count(layers.Length * outcome.Batches)}: blocks × batches)");
        int highest = 0;
        foreach ((int place, GradientSpace space) in LayerNames.Spaces.Index())
        {
            int[] counts = SpaceStatistics.Histogram(layers.SelectMany(layer => shares(layer.Statistics[space])), Bins);
            highest = Math.Max(highest, counts.Max());
            BarPlot bars = plot.Add.Bars(counts.Select((count, bin) => new Bar
            {
                Position = (bin + 0.5 + (place - 1) * 0.3) * BinPercent,
                Value = count,
                Size = 0.3 * BinPercent,
                FillColor = PlotTheme.Colors[place],
                LineWidth = 0,
            }).ToList());
            bars.LegendText = LayerNames.WithFormula(space);
            bars.Color = PlotTheme.Colors[place];
        }

        plot.Axes.SetLimits(0, 100, 0, 1.2 * highest);
        plot.Legend.TightHorizontalWrapping = true;
        plot.ShowLegend(Alignment.UpperCenter, Orientation.Horizontal);
        return plot;
    }
}
