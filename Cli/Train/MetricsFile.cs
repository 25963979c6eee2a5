using System.Text.Json;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.ModelLoaders;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>Writes <c>metrics.json</c>.</summary>
internal static class MetricsFile
{
    public const string Name = "metrics.json";

    public static void Write(
        string folder, string task, TrainingOptions training, IReadOnlyList<(string Name, object? Value)> effective, TrainOutcome outcome)
    {
        using FileStream stream = File.Create(Path.Combine(folder, Name));
        using var json = new Utf8JsonWriter(stream, ReadableJson.Options);
        (string metric, double? before, double? after) = outcome.Scores[0];
        json.WriteStartObject();
        json.WriteString("task", task);
        json.WriteString("method", MethodArguments.Name(training.Method));
        json.WriteString("metric", metric);
        json.WriteFinite("before", before);
        json.WriteFinite("after", after);
        WriteScores(json, outcome);
        json.WriteFinite("final_training_loss", outcome.FinalTrainingLoss);
        json.WriteNumber("steps", outcome.Steps);
        json.WriteBoolean("stopped_early", outcome.StoppedEarly);
        json.WriteFinite("best_step", outcome.BestStep);
        json.WriteStartArray("evaluations");
        foreach (EvaluationRecord evaluation in outcome.Evaluations)
            evaluation.Write(json);
        json.WriteEndArray();
        WriteCheckpoints(json, outcome.Checkpoints);
        json.WriteFinite("steps_per_second", outcome.StepsPerSecond);
        json.WriteFinite("tokens_per_second", outcome.TokensPerSecond);
        json.WriteFinite("training_seconds", outcome.TrainingTime.TotalSeconds);
        json.WriteFinite("preliminary_seconds", outcome.PreliminaryTime?.TotalSeconds);
        json.WriteFinite("basis_seconds", outcome.BasisTime?.TotalSeconds);
        json.WriteNumber("trained_parameters", outcome.TrainedParameters);
        json.WriteNumber("trained_mlp_parameters", outcome.TrainedMlpParameters);
        WriteKeptEnergy(json, outcome);
        WriteMemory(json, outcome.PeakMemory);
        json.WriteString("device", outcome.Device.Name);
        json.WriteString("driver", outcome.Device.Driver);
        json.WriteNumber("seed", training.Seed);
        WriteSettings(json, effective);
        json.WriteEndObject();
    }

    /// <summary>Writes a number; null stands for what is undefined or not finite, which JSON cannot say.</summary>
    public static void WriteFinite(this Utf8JsonWriter json, string name, double? value)
    {
        if (value is double number && double.IsFinite(number))
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    private static void WriteScores(Utf8JsonWriter json, TrainOutcome outcome)
    {
        json.WriteStartObject("metrics");
        foreach ((string metric, double? before, double? after) in outcome.Scores)
        {
            json.WriteStartObject(metric);
            json.WriteFinite("before", before);
            json.WriteFinite("after", after);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteKeptEnergy(Utf8JsonWriter json, TrainOutcome outcome)
    {
        if (outcome.KeptEnergy.Count == 0)
            return;
        json.WriteStartObject("kept_energy");
        json.WriteFinite("mean", outcome.KeptEnergy.Average(layer => layer.Share));
        json.WriteStartObject("layers");
        foreach ((string weight, double share) in outcome.KeptEnergy)
            json.WriteFinite(weight, share);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteCheckpoints(Utf8JsonWriter json, CheckpointCost? cost)
    {
        if (cost is null)
        {
            json.WriteNull("checkpoints");
            return;
        }

        json.WriteStartObject("checkpoints");
        json.WriteNumber("count", cost.Count);
        json.WriteNumber("mean_seconds", cost.MeanTime.TotalSeconds);
        json.WriteNumber("bytes", cost.Bytes);
        json.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter json, MemoryUsage peak)
    {
        json.WriteStartObject("peak_device_bytes");
        foreach (MemoryCategory category in Enum.GetValues<MemoryCategory>())
            json.WriteNumber(category.ToString().ToLowerInvariant(), peak[category]);
        json.WriteNumber("total", peak.Total);
        json.WriteEndObject();
    }

    /// <summary>Writes the settings as a property of that name.</summary>
    public static void WriteSettings(Utf8JsonWriter json, IReadOnlyList<(string Name, object? Value)> settings)
    {
        json.WriteStartObject("settings");
        foreach ((string name, object? value) in settings)
        {
            switch (value)
            {
                case null:
                    json.WriteNull(name);
                    break;
                case bool flag:
                    json.WriteBoolean(name, flag);
                    break;
                case int number:
                    json.WriteNumber(name, number);
                    break;
                case ulong number:
                    json.WriteNumber(name, number);
                    break;
                case double number:
                    json.WriteNumber(name, number);
                    break;
                default:
                    json.WriteString(name, (string)value);
                    break;
            }
        }

        json.WriteEndObject();
    }
}
