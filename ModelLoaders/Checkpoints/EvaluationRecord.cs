using System.Text.Json;

namespace VkSparseGrad.ModelLoaders.Checkpoints;

/// <summary>One evaluation of a run.</summary>
/// <param name="Step">Training steps done.</param>
/// <param name="Scores">The metrics, the official one first; null where one is undefined.</param>
public sealed record EvaluationRecord(int Step, IReadOnlyList<(string Metric, double? Score)> Scores)
{
    /// <summary>Writes it as an object: <c>step</c> and every metric by its name.</summary>
    public void Write(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteNumber("step", Step);
        json.WriteStartObject("metrics");
        foreach ((string metric, double? score) in Scores)
        {
            if (score is double value && double.IsFinite(value))
                json.WriteNumber(metric, value);
            else
                json.WriteNull(metric);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    internal static EvaluationRecord Read(JsonElement json) => new(
        json.GetProperty("step").GetInt32(),
        [.. json.GetProperty("metrics").EnumerateObject().Select(property =>
            (property.Name, property.Value.ValueKind == JsonValueKind.Null ? (double?)null : property.Value.GetDouble()))]);
}
