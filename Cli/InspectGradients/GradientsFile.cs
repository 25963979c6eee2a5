using System.Text.Json;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>Writes <c>gradients.json</c>.</summary>
internal static class GradientsFile
{
    public const string Name = "gradients.json";

    public static void Write(string folder, IReadOnlyList<(string Name, object? Value)> settings, InspectOutcome outcome)
    {
        using FileStream stream = File.Create(Path.Combine(folder, Name));
        using var json = new Utf8JsonWriter(stream, ReadableJson.Options);
        json.WriteStartObject();
        json.WriteString("device", outcome.Device.Name);
        json.WriteString("driver", outcome.Device.Driver);
        json.WriteNumber("preliminary_seconds", outcome.PreliminaryTime.TotalSeconds);
        json.WriteNumber("basis_seconds", outcome.BasisTime.TotalSeconds);
        MetricsFile.WriteSettings(json, settings);
        json.WriteNumber("active_threshold", SpaceStatistics.ActiveThreshold);
        json.WriteStartObject("mean_energy_share");
        for (int kind = 0; kind < LayerNames.Kinds.Count; kind++)
        {
            json.WriteStartObject(LayerNames.Kinds[kind]);
            foreach (GradientSpace space in LayerNames.Spaces)
                WriteShares(json, LayerNames.Key(space), outcome.Top, outcome.MeanShares(kind, space));
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartArray("layers");
        foreach (InspectedLayer layer in outcome.Layers)
            Write(json, layer, outcome.Top);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, InspectedLayer layer, IReadOnlyList<double> top)
    {
        json.WriteStartObject();
        json.WriteString("name", layer.Name);
        json.WriteString("kind", LayerNames.Kinds[layer.Kind]);
        json.WriteNumber("layer", layer.Layer);
        json.WriteNumber("rows", layer.Shape.Rows);
        json.WriteNumber("columns", layer.Shape.Columns);
        foreach (GradientSpace space in LayerNames.Spaces)
        {
            SpaceStatistics statistics = layer.Statistics[space];
            json.WriteStartObject(LayerNames.Key(space));
            WriteShares(json, "energy_share", top, statistics.EnergyShares);
            WriteNumbers(json, "active_rows", statistics.ActiveRows);
            WriteNumbers(json, "active_columns", statistics.ActiveColumns);
            WriteNumbers(json, "curve_rank", statistics.Curve.Select(point => (double)point.Rank));
            WriteNumbers(json, "curve_magnitude", statistics.Curve.Select(point => point.Magnitude));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteShares(Utf8JsonWriter json, string name, IReadOnlyList<double> top, IReadOnlyList<double> shares)
    {
        json.WriteStartObject(name);
        foreach ((double fraction, double share) in top.Zip(shares))
            json.WriteNumber(LayerNames.Fraction(fraction), share);
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<double> numbers)
    {
        json.WriteStartArray(name);
        foreach (double number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
