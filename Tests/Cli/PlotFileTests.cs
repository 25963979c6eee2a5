using ScottPlot;
using SkiaSharp;
using VkSparseGrad.Cli.Plots;

namespace VkSparseGrad.Tests.Cli;

[TestClass]
public sealed class PlotFileTests
{
    [TestMethod]
    public void A_plot_becomes_a_png_of_the_asked_size_with_text_on_it()
    {
        using var folder = new TempFolder();
        string labelled = folder.File("labelled.png");
        string bare = folder.File("bare.png");
        PlotFile.Write(labelled, Line("Loss of the training steps", "Step", "Loss"), 500, 320);
        PlotFile.Write(bare, Line("", "", ""), 500, 320);

        Assert.AreEqual((500, 320), Png.Size(labelled));
        Assert.IsGreaterThan(500, DarkPixels(labelled) - DarkPixels(bare), "labels are drawn");
        Assert.HasCount(2, Directory.GetFiles(folder.Path), "nothing is left aside");
    }

    [TestMethod]
    public void Several_plots_share_a_file()
    {
        using var folder = new TempFolder();
        string path = folder.File("several.png");

        PlotFile.Write(path, [Line("a", "x", "y"), Line("b", "x", "y"), Line("c", "x", "y")], columns: 2, width: 900, height: 600);

        Assert.AreEqual((900, 600), Png.Size(path));
        using SKBitmap bitmap = SKBitmap.Decode(path);
        Assert.AreEqual(SKColors.White, bitmap.GetPixel(0, 0), "the margin is white on any page");
        Assert.IsTrue(bitmap.Pixels.All(pixel => pixel.Alpha == 255));
    }

    /// <summary>The font that comes with the command has what labels say, also where the machine has no font.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void The_font_has_every_character_of_the_labels(bool bold)
    {
        SKTypeface typeface = new PlotFont().CreateTypeface(PlotFont.Name, bold, italic: false)!;
        Assert.IsTrue(typeface.ContainsGlyphs("AZaz09 (%) – − × ‖·‖² Qᵀ G P ∂L/∂W 10⁻⁹ 10⁰¹²³⁴⁵⁶⁷⁸ Σ ≥ ≤"));
        Assert.AreEqual(bold, typeface.IsBold);
    }

    private static Plot Line(string title, string x, string y)
    {
        Plot plot = PlotTheme.NewPlot(title, x, y);
        plot.Add.ScatterLine(new double[] { 0, 1, 2, 3 }, new double[] { -3, -2, -2.5, 0 });
        plot.Axes.Left.TickGenerator = PlotTheme.LogarithmicTicks();
        return plot;
    }

    private static int DarkPixels(string path)
    {
        using SKBitmap bitmap = SKBitmap.Decode(path);
        return bitmap.Pixels.Count(pixel => pixel.Red + pixel.Green + pixel.Blue < 300);
    }
}
