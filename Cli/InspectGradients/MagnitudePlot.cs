using ScottPlot;
using VkSparseGrad.Cli.Plots;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>The sorted magnitudes of one weight's gradient in the three spaces.</summary>
internal static class MagnitudePlot
{
    // Decades of magnitude on display: what is smaller is rounding.
    private const double Lowest = -8;

    public static Plot Of(InspectedLayer layer, int batches)
    {
        Plot plot = PlotTheme.NewPlot(
            $"Gradient of {layer.Name}, mean of {Text.Count(batches)} batches",
            "Rank of the entry, largest first",
            "Magnitude of the entry / norm of the gradient");
        foreach ((int color, GradientSpace space) in LayerNames.Spaces.Index())
        {
            PlotTheme.AddLine(
                plot, LayerNames.WithFormula(space),
                [.. layer.Statistics[space].Curve.Where(point => point.Magnitude > 0)
                    .Select(point => (Math.Log10(point.Rank), Math.Log10(point.Magnitude))).Where(point => point.Item2 >= Lowest)],
                color);
        }

        plot.Axes.Bottom.TickGenerator = PlotTheme.LogarithmicTicks();
        plot.Axes.Left.TickGenerator = PlotTheme.LogarithmicTicks();
        plot.ShowLegend(Alignment.LowerLeft);
        return plot;
    }
}
