using ScottPlot;
using SkiaSharp;

namespace VkSparseGrad.Cli.Plots;

/// <summary>The font of all plots. It comes with the command, since a bare machine has none and a plot looks the same everywhere.</summary>
internal sealed class PlotFont : IFontResolver
{
    public const string Name = "DejaVu Sans";

    private readonly SKTypeface regular = Load("DejaVuSans.subset.ttf");
    private readonly SKTypeface bold = Load("DejaVuSans-Bold.subset.ttf");

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
        CreateTypeface(fontName, weight >= FontWeight.SemiBold, slant != FontSlant.Upright);

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
        fontName != Name ? null : bold ? this.bold : regular;

    private static SKTypeface Load(string file)
    {
        using Stream stream = typeof(PlotFont).Assembly.GetManifestResourceStream("fonts/" + file)!;
        using SKData data = SKData.Create(stream);
        return SKTypeface.FromData(data);
    }
}
