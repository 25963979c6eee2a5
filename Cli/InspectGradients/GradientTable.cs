using System.Globalization;
using Spectre.Console;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>The table at the end of a run: shares of the energy.</summary>
internal static class GradientTable
{
    public static void Print(Terminal terminal, InspectOutcome outcome)
    {
        var table = new Table { Title = new TableTitle("Share of the gradient's energy in its largest entries") };
        table.AddColumn("Layer");
        table.AddColumn("Kind");
        foreach (double fraction in outcome.Top)
        {
            foreach (GradientSpace space in LayerNames.Spaces)
            {
                table.AddColumn(new TableColumn(new Spectre.Console.Text($"top {LayerNames.Percent(fraction)}\n{LayerNames.Plain(space)}"))
                    .RightAligned());
            }
        }

        for (int kind = 0; kind < LayerNames.Kinds.Count; kind++)
        {
            foreach (InspectedLayer layer in outcome.Layers.Where(layer => layer.Kind == kind))
            {
                AddRow(table, layer.Layer.ToString(CultureInfo.InvariantCulture), kind, outcome.Top.Count,
                    space => layer.Statistics[space].EnergyShares);
            }

            int ofKind = kind;
            AddRow(table, "mean", kind, outcome.Top.Count, space => outcome.MeanShares(ofKind, space));
        }

        terminal.Console.Write(table);
    }

    private static void AddRow(Table table, string layer, int kind, int fractions, Func<GradientSpace, IReadOnlyList<double>> shares)
    {
        IReadOnlyList<double>[] bySpace = [.. LayerNames.Spaces.Select(shares)];
        IEnumerable<string> cells = Enumerable.Range(0, fractions)
            .SelectMany(fraction => bySpace.Select(share => share[fraction].ToString("F3", CultureInfo.InvariantCulture)));
        table.AddRow([layer, LayerNames.Kinds[kind], .. cells]);
    }
}
