using System.Globalization;
using ScottPlot;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;

namespace VkSparseGrad.Cli.Plots;

/// <summary>How all plots look.</summary>
internal static class PlotTheme
{
    private const float TitleSize = 20;
    public const float LabelSize = 17;
    public const float TickSize = 15;
    private const string Superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

    static PlotTheme()
    {
        Fonts.FontResolvers.Insert(0, new PlotFont());
        Fonts.Default = PlotFont.Name;
    }

    /// <summary>Colours that stay apart in colour-blind eyes. Okabe and Ito, "Color Universal Design", 2008.</summary>
    public static IReadOnlyList<Color> Colors { get; } =
    [
        Color.FromHex("#0072B2"), Color.FromHex("#D55E00"), Color.FromHex("#009E73"), Color.FromHex("#CC79A7"),
        Color.FromHex("#E69F00"), Color.FromHex("#56B4E9"), Color.FromHex("#000000"),
    ];

    /// <summary>An empty plot in the house's style.</summary>
    /// <param name="title">What is seen, one line.</param>
    /// <param name="xLabel">What the horizontal axis says, with its unit.</param>
    /// <param name="yLabel">What the vertical axis says, with its unit.</param>
    public static Plot NewPlot(string title, string xLabel, string yLabel)
    {
        var plot = new Plot();
        plot.Font.Set(PlotFont.Name);
        plot.FigureBackground.Color = ScottPlot.Colors.White;
        plot.Title(title, TitleSize);
        plot.XLabel(xLabel, LabelSize);
        plot.YLabel(yLabel, LabelSize);
        foreach (IAxis axis in plot.Axes.GetAxes())
        {
            axis.Label.Bold = false;
            axis.TickLabelStyle.FontSize = TickSize;
            axis.TickLabelStyle.FontName = PlotFont.Name;
        }

        // ScottPlot's own labels follow the machine's culture.
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic { LabelFormatter = Number };
        plot.Axes.Left.TickGenerator = new NumericAutomatic { LabelFormatter = Number };
        plot.Legend.FontSize = TickSize;
        plot.Legend.FontName = PlotFont.Name;
        plot.Legend.ShadowColor = ScottPlot.Colors.Transparent;
        return plot;
    }

    /// <summary>Adds a line with an entry in the legend.</summary>
    /// <param name="plot">Where to.</param>
    /// <param name="name">Its name in the legend.</param>
    /// <param name="points">Its points, from left to right.</param>
    /// <param name="color">Its place in <see cref="Colors"/>, which begin anew where there are more lines than colours.</param>
    public static void AddLine(Plot plot, string name, IReadOnlyList<(double X, double Y)> points, int color)
    {
        Scatter line = plot.Add.ScatterLine(points.Select(point => new Coordinates(point.X, point.Y)).ToArray());
        line.LegendText = name;
        line.LineWidth = 2.5f;
        line.Color = Colors[color % Colors.Count];
    }

    /// <summary>Ticks at whole powers of ten, for an axis whose values are given as their decimal logarithms.</summary>
    public static ITickGenerator LogarithmicTicks() => new NumericAutomatic
    {
        IntegerTicksOnly = true,
        LabelFormatter = Power,
        MinorTickGenerator = new LogMinorTickGenerator(),
    };

    /// <summary>Ticks with names, at 0, 1, 2 and so on.</summary>
    public static ITickGenerator NamedTicks(IReadOnlyList<string> names) =>
        new NumericManual([.. Enumerable.Range(0, names.Count).Select(place => (double)place)], [.. names]);

    private static string Number(double value) => value.ToString("#,0.##########", CultureInfo.InvariantCulture);

    /// <summary>Ten to a whole power, such as <c>10⁻³</c>.</summary>
    private static string Power(double exponent)
    {
        string digits = Math.Abs(exponent).ToString("F0", CultureInfo.InvariantCulture);
        return (exponent < 0 ? "10⁻" : "10") + string.Concat(digits.Select(digit => Superscripts[digit - '0']));
    }
}
