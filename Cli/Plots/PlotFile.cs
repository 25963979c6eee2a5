using ScottPlot;
using ScottPlot.MultiplotLayouts;
using SkiaSharp;
using VkSparseGrad.Files;

namespace VkSparseGrad.Cli.Plots;

/// <summary>Writes plots as PNG files, aside and then renamed.</summary>
internal static class PlotFile
{
    // Labels would touch the edge otherwise.
    private const int Margin = 12;

    /// <summary>Writes one plot.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="plot">From <see cref="PlotTheme.NewPlot"/>.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    public static void Write(string path, Plot plot, int width = 1000, int height = 640) => Write(path, [plot], 1, width, height);

    /// <summary>Writes several plots into one file, row by row.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="plots">At least one, each from <see cref="PlotTheme.NewPlot"/>.</param>
    /// <param name="columns">Plots in a row.</param>
    /// <param name="width">Of all together, in pixels.</param>
    /// <param name="height">Of all together, in pixels.</param>
    public static void Write(string path, IReadOnlyList<Plot> plots, int columns, int width, int height)
    {
        var all = new Multiplot(plots[0]) { Layout = new Grid((plots.Count - 1) / columns + 1, columns) };
        foreach (Plot plot in plots.Skip(1))
            all.AddPlot(plot);
        using SKSurface surface = SKSurface.Create(new SKImageInfo(width, height));
        surface.Canvas.Translate(Margin, Margin);
        all.Render(surface.Canvas, new PixelRect(0, width - 2 * Margin, height - 2 * Margin, 0));
        surface.Canvas.DrawColor(SKColors.White, SKBlendMode.DstOver); // rendering leaves the margin transparent
        using SKImage image = surface.Snapshot();
        using SKData png = image.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, png.SaveTo);
    }
}
