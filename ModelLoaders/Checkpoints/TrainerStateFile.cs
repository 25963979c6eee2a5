using System.Text.Json;
using VkSparseGrad.Files;
using VkSparseGrad.Training;

namespace VkSparseGrad.ModelLoaders.Checkpoints;

/// <summary>Writes and reads a checkpoint's <c>trainer_state.json</c>.</summary>
internal static class TrainerStateFile
{
    public const string Name = "trainer_state.json";

    private const int FormatVersion = 2;

    public static void Write(string path, CheckpointRecord record) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, ReadableJson.Options);
        json.WriteStartObject();
        json.WriteNumber("format_version", FormatVersion);
        json.WriteNumber("preliminary_step", record.Position.PreliminaryStep);
        json.WriteNumber("step", record.Position.Step);
        json.WriteBoolean("is_training", record.Position.IsTraining);
        json.WriteStartObject("settings");
        foreach ((string name, string? value) in record.Run.Settings)
            json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteString("model_sha256", record.Run.Model);
        json.WritePropertyName("train_rows");
        Write(json, record.Run.Train);
        json.WriteStartArray("dev_rows");
        foreach (DataFingerprint dev in record.Run.Dev)
            Write(json, dev);
        json.WriteEndArray();
        json.WriteString("device", record.Device);
        json.WriteString("driver", record.Driver);
        json.WriteNumber("preliminary_seconds", record.PreliminaryTime.TotalSeconds);
        json.WriteNumber("basis_seconds", record.BasisTime.TotalSeconds);
        json.WriteNumber("training_seconds", record.TrainingTime.TotalSeconds);
        json.WriteStartArray("evaluations");
        foreach (EvaluationRecord evaluation in record.Evaluations)
            evaluation.Write(json);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    public static CheckpointRecord Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement json = document.RootElement;
            int version = json.GetProperty("format_version").GetInt32();
            if (version != FormatVersion)
                throw new CheckpointException(FormattableString.Invariant($"{path}: format version {version}, and this program reads {FormatVersion}; go on with the program that wrote it"));
            return new CheckpointRecord
            {
                Position = new TrainingPosition(
                    json.GetProperty("preliminary_step").GetInt32(), json.GetProperty("step").GetInt32(), json.GetProperty("is_training").GetBoolean()),
                Run = new RunIdentity(
                    json.GetProperty("settings").EnumerateObject().ToDictionary(setting => setting.Name, setting => setting.Value.GetString()),
                    json.GetProperty("model_sha256").GetString()!,
                    ReadData(json.GetProperty("train_rows")),
                    [.. json.GetProperty("dev_rows").EnumerateArray().Select(ReadData)]),
                Device = json.GetProperty("device").GetString()!,
                Driver = json.GetProperty("driver").GetString()!,
                PreliminaryTime = Seconds(json, "preliminary_seconds"),
                BasisTime = Seconds(json, "basis_seconds"),
                TrainingTime = Seconds(json, "training_seconds"),
                Evaluations = [.. json.GetProperty("evaluations").EnumerateArray().Select(EvaluationRecord.Read)],
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException($"{path}: this is not the state of a run ({e.Message})", e);
        }
    }

    private static void Write(Utf8JsonWriter json, DataFingerprint data)
    {
        json.WriteStartObject();
        json.WriteNumber("examples", data.Examples);
        json.WriteString("sha256", data.Hash);
        json.WriteEndObject();
    }

    private static DataFingerprint ReadData(JsonElement json) =>
        new(json.GetProperty("examples").GetInt32(), json.GetProperty("sha256").GetString()!);

    private static TimeSpan Seconds(JsonElement json, string name) => TimeSpan.FromSeconds(json.GetProperty(name).GetDouble());
}
