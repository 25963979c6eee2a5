using System.Text.Json;
using VkSparseGrad.Cli.Output;
using VkSparseGrad.Cli.Tasks;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Devices;
using VkSparseGrad.Files;
using VkSparseGrad.ModelLoaders;

namespace VkSparseGrad.Cli.Evaluate;

/// <summary>Writes the scores of an evaluation as JSON.</summary>
internal static class ScoresFile
{
    public static void Write(
        InferenceSettings settings, IReadOnlyList<TokenizedSplit> files, int maxLength, IReadOnlyList<(string Metric, double? Score)> scores, DeviceInfo device)
    {
        OutputFile.MakeFolder(settings.Output!);
        AtomicFile.Write(settings.Output!, stream =>
        {
            using var json = new Utf8JsonWriter(stream, ReadableJson.Options);
            json.WriteStartObject();
            json.WriteString("task", TrainArguments.Name(settings.Task));
            json.WriteString("data", settings.Data);
            json.WriteString("model", settings.Model);
            json.WriteString("adapter", settings.Adapter);
            json.WriteString("metric", scores[0].Metric);
            json.WriteFinite("score", scores[0].Score);
            json.WriteStartObject("metrics");
            foreach ((string metric, double? score) in scores)
                json.WriteFinite(metric, score);
            json.WriteEndObject();
            WriteFiles(json, files);
            json.WriteNumber("max_length", maxLength);
            json.WriteNumber("batch_size", settings.BatchSize);
            json.WriteString("device", device.Name);
            json.WriteString("driver", device.Driver);
            json.WriteEndObject();
        });
    }

    private static void WriteFiles(Utf8JsonWriter json, IReadOnlyList<TokenizedSplit> files)
    {
        json.WriteStartArray("files");
        foreach (TokenizedSplit file in files)
        {
            json.WriteStartObject();
            json.WriteString("name", file.File.Name);
            json.WriteNumber("rows", file.Examples.Count);
            json.WriteNumber("skipped_rows", file.Skipped.Count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
