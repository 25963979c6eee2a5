using ScottPlot;
using ScottPlot.MultiplotLayouts;
using VkSparseGrad.ModelLoaders;

namespace VkSparseGrad.Cli.Plots;

/// <summary>Writes plots as PNG files, aside and then renamed.</summary>
internal static class PlotFile
{
    /// <summary>Writes one plot.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="plot">From <see cref="PlotTheme.NewPlot"/>.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    public static void Write(string path, Plot plot, int width = 1000, int height = 640)
    {
        using Image image = plot.GetImage(width, height);
        Write(path, image);
    }

    /// <summary>Writes several plots into one file, row by row.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="plots">At least one, each from <see cref="PlotTheme.NewPlot"/>.</param>
    /// <param name="columns">Plots in a row.</param>
    /// <param name="width">Of all together, in pixels.</param>
    /// <param name="height">Of all together, in pixels.</param>
    public static void Write(string path, IReadOnlyList<Plot> plots, int columns, int width, int height)
    {
        var all = new Multiplot(plots[0]) { Layout = new Grid((plots.Count + columns - 1) / columns, columns) };
        foreach (Plot plot in plots.Skip(1))
            all.AddPlot(plot);
        using Image image = all.Render(width, height);
        Write(path, image);
    }

    private static void Write(string path, Image image)
    {
        byte[] png = image.GetImageBytes(ImageFormat.Png, 100);
        AtomicFile.Write(path, stream => stream.Write(png));
    }
}
