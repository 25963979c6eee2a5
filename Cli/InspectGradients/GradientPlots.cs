using VkSparseGrad.Cli.Plots;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>Writes the run's PNG files.</summary>
internal static class GradientPlots
{
    public const string HeatMaps = "heatmaps.png";
    public const string Magnitudes = "magnitudes.png";
    public const string Energy = "energy.png";
    public const string Active = "active.png";

    public static void Write(string folder, InspectOutcome outcome)
    {
        PlotFile.Write(Path.Combine(folder, HeatMaps), HeatMapPlot.Of(outcome.Sample), 1500, 860);
        PlotFile.Write(Path.Combine(folder, Magnitudes), MagnitudePlot.Of(outcome.Drawn, outcome.Batches));
        PlotFile.Write(Path.Combine(folder, Energy), EnergyPlots.Of(outcome), columns: 2, width: 1500, height: 600);
        PlotFile.Write(Path.Combine(folder, Active), ActivePlots.Of(outcome), columns: 2, width: 1500, height: 1100);
    }
}
