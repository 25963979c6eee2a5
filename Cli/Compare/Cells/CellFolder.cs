using System.Text.Json;
using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Files;
using VkSparseGrad.ModelLoaders;

namespace VkSparseGrad.Cli.Compare.Cells;

/// <summary>What is on disk of a cell.</summary>
internal static class CellFolder
{
    // Where a comparison lies has no part in what was run.
    private const string Place = "output";

    public static bool IsFinished(Cell cell) => File.Exists(Path.Combine(cell.Folder, MetricsFile.Name));

    /// <summary>What sets a finished cell apart from the one asked for, such as <c>epochs is 1, not 2</c>; null where nothing does.</summary>
    /// <exception cref="InvalidDataException">The cell's file is not what a cell writes.</exception>
    public static string? Difference(Cell cell)
    {
        string path = Path.Combine(cell.Folder, MetricsFile.Name);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            Dictionary<string, JsonElement> there = Settings(document);
            using JsonDocument wanted = Wanted(cell);
            Dictionary<string, JsonElement> asked = Settings(wanted);
            foreach (string name in asked.Keys.Union(there.Keys))
            {
                string now = asked.TryGetValue(name, out JsonElement value) ? value.GetRawText() : "null";

                // A setting that an earlier version did not know was not on.
                string before = there.TryGetValue(name, out value) ? value.GetRawText() : now == "false" ? now : "null";
                if (name != Place && before != now)
                    return $"{name} was {Shown(before)} and is now {Shown(now)}";
            }

            return null;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path} is not what a cell of a comparison writes; delete its folder, and it is run again.", fault);
        }
    }

    /// <summary>The message of a cell that failed, or null.</summary>
    public static string? Failure(Cell cell)
    {
        if (!File.Exists(cell.FailureFile))
            return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(cell.FailureFile));
            return document.RootElement.GetProperty("message").GetString();
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{cell.FailureFile} is not what a failed cell writes; delete it, and it is run again.", fault);
        }
    }

    public static void WriteFailure(Cell cell, string message)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(cell.FailureFile)!);
        AtomicFile.Write(cell.FailureFile, stream =>
        {
            using var json = new Utf8JsonWriter(stream, ReadableJson.Options);
            json.WriteStartObject();
            json.WriteString("message", message);
            MetricsFile.WriteSettings(json, cell.Effective);
            json.WriteEndObject();
        });
    }

    private static JsonDocument Wanted(Cell cell)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, ReadableJson.Options))
        {
            json.WriteStartObject();
            MetricsFile.WriteSettings(json, cell.Effective);
            json.WriteEndObject();
        }

        return JsonDocument.Parse(stream.ToArray());
    }

    private static Dictionary<string, JsonElement> Settings(JsonDocument document) =>
        document.RootElement.GetProperty("settings").EnumerateObject().ToDictionary(setting => setting.Name, setting => setting.Value);

    private static string Shown(string json) => json == "null" ? "not set" : json;
}
