using System.Globalization;
using ScottPlot;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;
using VkSparseGrad.Cli.Plots;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>Bars of the energy in the largest entries, a plot for each kind of weight.</summary>
internal static class EnergyPlots
{
    private const double BarWidth = 0.26;

    public static IReadOnlyList<Plot> Of(InspectOutcome outcome) =>
        [.. LayerNames.Kinds.Select((_, kind) => OfKind(outcome, kind))];

    private static Plot OfKind(InspectOutcome outcome, int kind)
    {
        Plot plot = PlotTheme.NewPlot(
            $"{LayerNames.Kinds[kind]}.dense, mean of all blocks", "Entries counted, largest first", "Share of the gradient's energy (%)");
        foreach ((int place, GradientSpace space) in LayerNames.Spaces.Index())
        {
            BarPlot bars = plot.Add.Bars(outcome.MeanShares(kind, space).Select((share, fraction) => new Bar
            {
                Position = fraction + (place - 1) * BarWidth,
                Value = 100 * share,
                Size = BarWidth * 0.94,
                FillColor = PlotTheme.Colors[place],
                LineWidth = 0,
                Label = (100 * share).ToString("F1", CultureInfo.InvariantCulture),
            }).ToList());
            bars.LegendText = LayerNames.WithFormula(space);
            bars.Color = PlotTheme.Colors[place];
            bars.ValueLabelStyle.FontName = PlotFont.Name;
            bars.ValueLabelStyle.FontSize = PlotTheme.TickSize;
            bars.ValueLabelStyle.Bold = false;
        }

        plot.Axes.Bottom.TickGenerator = PlotTheme.NamedTicks([.. outcome.Top.Select(LayerNames.Percent)]);
        plot.Axes.Left.TickGenerator = new NumericManual([0, 20, 40, 60, 80, 100], ["0", "20", "40", "60", "80", "100"]);
        plot.Axes.SetLimits(-0.6, outcome.Top.Count - 0.4, 0, 119);
        plot.ShowLegend(Alignment.UpperLeft);
        return plot;
    }
}
