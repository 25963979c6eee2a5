using ScottPlot;
using ScottPlot.Colormaps;
using ScottPlot.Panels;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;
using VkSparseGrad.Cli.Plots;
using VkSparseGrad.SparseGrad;
using Shape = VkSparseGrad.Tensors.Shape;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>One gradient's magnitudes in the three spaces, side by side on one scale of colours.</summary>
internal static class HeatMapPlot
{
    // Small enough that a cell is seen.
    private const int MostCells = 256;

    // Ten to this power of the largest magnitude, and everything below, is the darkest colour.
    private const double Floor = -4;
    private const double PanelWidth = 1;
    private const double Pitch = 1.12;

    public static Plot Of(InspectedGradient gradient)
    {
        Shape shape = gradient.Shape;
        var block = new Shape((shape.Rows - 1) / MostCells + 1, (shape.Columns - 1) / MostCells + 1);
        Plot plot = PlotTheme.NewPlot(
            $"Gradient of {gradient.Name}, one batch",
            "Column of the matrix: input, or basis vector of the input side",
            "Row: output, or basis vector of the output side");
        float largest = gradient.Entries.Values.Max(entries => MagnitudeMap.Largest(entries));
        Heatmap? last = null;
        var ticks = new NumericManual();
        for (int panel = 0; panel < LayerNames.Spaces.Count; panel++)
        {
            GradientSpace space = LayerNames.Spaces[panel];
            double left = panel * Pitch;
            last = AddPanel(plot, MagnitudeMap.BlockMaxima(shape, gradient.Entries[space], block), largest, left, shape.Rows);
            AddHeading(plot, LayerNames.WithFormula(space), left + PanelWidth / 2, 1.01 * shape.Rows);
            foreach (int column in (ReadOnlySpan<int>)[0, shape.Columns / 2, shape.Columns])
                ticks.AddMajor(left + PanelWidth * column / shape.Columns, Text.Count(column));
        }

        plot.Axes.Bottom.TickGenerator = ticks;
        plot.Axes.Left.TickGenerator = RowTicks(shape.Rows);
        plot.HideGrid();
        plot.Axes.SetLimits(-0.02, (LayerNames.Spaces.Count - 1) * Pitch + PanelWidth + 0.02, -0.01 * shape.Rows, 1.07 * shape.Rows);
        AddColorBar(plot, last!, block);
        return plot;
    }

    private static Heatmap AddPanel(Plot plot, float[,] maxima, float largest, double left, int rows)
    {
        var logarithms = new double[maxima.GetLength(0), maxima.GetLength(1)];
        for (int row = 0; row < logarithms.GetLength(0); row++)
        {
            for (int column = 0; column < logarithms.GetLength(1); column++)
                logarithms[row, column] = Math.Max(Floor, Math.Log10(maxima[row, column] / largest));
        }

        Heatmap panel = plot.Add.Heatmap(logarithms);
        panel.Position = new CoordinateRect(left, left + PanelWidth, 0, rows);
        panel.Colormap = new Inferno();
        panel.ManualRange = new ScottPlot.Range(Floor, 0);
        return panel;
    }

    private static void AddHeading(Plot plot, string text, double center, double bottom)
    {
        ScottPlot.Plottables.Text heading = plot.Add.Text(text, center, bottom);
        heading.LabelFontName = PlotFont.Name;
        heading.LabelFontSize = PlotTheme.LabelSize;
        heading.LabelAlignment = Alignment.LowerCenter;
    }

    // Row 0 is at the top, as a matrix is written.
    private static NumericManual RowTicks(int rows)
    {
        var ticks = new NumericManual();
        for (int quarter = 0; quarter <= 4; quarter++)
            ticks.AddMajor(rows - rows * quarter / 4, Text.Count(rows * quarter / 4));
        return ticks;
    }

    private static void AddColorBar(Plot plot, Heatmap source, Shape block)
    {
        ColorBar bar = plot.Add.ColorBar(source);
        string cells = block.Length == 1 ? "" : $", maximum of each {block.Rows} × {block.Columns} entries";
        bar.Label = $"Magnitude, relative to the largest of all three{cells}";
        bar.LabelStyle.FontName = PlotFont.Name;
        bar.LabelStyle.FontSize = PlotTheme.LabelSize;
        bar.LabelStyle.Bold = false;
        bar.Axis.TickGenerator = PlotTheme.LogarithmicTicks();
        bar.Axis.TickLabelStyle.FontName = PlotFont.Name;
        bar.Axis.TickLabelStyle.FontSize = PlotTheme.TickSize;
    }
}
