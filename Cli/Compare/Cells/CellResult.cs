using System.Text.Json;
using VkSparseGrad.Cli.Train;

namespace VkSparseGrad.Cli.Compare.Cells;

/// <summary>What a finished cell's files say.</summary>
internal sealed record CellResult
{
    /// <summary>The task's metrics after training, the official one first; null where a score is undefined.</summary>
    public required IReadOnlyList<(string Metric, double? Value)> Scores { get; init; }

    public required double? StepsPerSecond { get; init; }

    public required double? TokensPerSecond { get; init; }

    public required long PeakBytes { get; init; }

    /// <summary>Null where the method has no such phase.</summary>
    public required double? PreliminarySeconds { get; init; }

    /// <summary>Null where the method has none.</summary>
    public required double? BasisSeconds { get; init; }

    public required long TrainedParameters { get; init; }

    public required long TrainedMlpParameters { get; init; }

    /// <summary>Share of the gradient's energy in the coefficients that were kept, over all layers; null where it was not measured.</summary>
    public required double? KeptEnergy { get; init; }

    public required string Device { get; init; }

    public required string Driver { get; init; }

    /// <summary>Loss of every training step; none where the log was left out.</summary>
    public required IReadOnlyList<double> Losses { get; init; }

    /// <summary>Reads a cell's folder.</summary>
    /// <exception cref="InvalidDataException">The files are not what a cell writes.</exception>
    public static CellResult Read(string folder)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, MetricsFile.Name)));
            JsonElement metrics = document.RootElement;
            return new CellResult
            {
                Scores = [.. metrics.GetProperty("metrics").EnumerateObject().Select(metric => (metric.Name, Number(metric.Value, "after")))],
                StepsPerSecond = Number(metrics, "steps_per_second"),
                TokensPerSecond = Number(metrics, "tokens_per_second"),
                PeakBytes = metrics.GetProperty("peak_device_bytes").GetProperty("total").GetInt64(),
                PreliminarySeconds = Number(metrics, "preliminary_seconds"),
                BasisSeconds = Number(metrics, "basis_seconds"),
                TrainedParameters = metrics.GetProperty("trained_parameters").GetInt64(),
                TrainedMlpParameters = metrics.GetProperty("trained_mlp_parameters").GetInt64(),
                KeptEnergy = metrics.TryGetProperty("kept_energy", out JsonElement energy) && energy.ValueKind == JsonValueKind.Object
                    ? Number(energy, "mean")
                    : null,
                Device = metrics.GetProperty("device").GetString()!,
                Driver = metrics.GetProperty("driver").GetString()!,
                Losses = ReadLosses(Path.Combine(folder, StepLog.Name)),
            };
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{folder} does not hold what a cell of a comparison writes; delete it, and it is run again.", fault);
        }
    }

    // The log is by far the larger file, and whoever keeps results may leave it out.
    private static double[] ReadLosses(string log) => File.Exists(log) ? [.. StepLog.Read(log).Select(step => (double)step.Loss)] : [];

    private static double? Number(JsonElement item, string name) =>
        item.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;
}
