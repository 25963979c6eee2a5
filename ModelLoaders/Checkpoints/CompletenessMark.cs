using System.Text.Json;
using VkSparseGrad.Files;

namespace VkSparseGrad.ModelLoaders.Checkpoints;

/// <summary>The file that is written into a checkpoint last: names, sizes and SHA-256 of the others. Without it, or where the
/// others are not as it says, the checkpoint is not whole.</summary>
internal static class CompletenessMark
{
    public const string Name = "complete.json";

    public static void Write(string folder)
    {
        string[] files = [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal)];
        AtomicFile.Write(Path.Combine(folder, Name), stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            foreach (string file in files)
            {
                json.WriteStartObject(Path.GetFileName(file));
                json.WriteNumber("bytes", new FileInfo(file).Length);
                json.WriteString("sha256", FileFingerprint.Of(file));
                json.WriteEndObject();
            }

            json.WriteEndObject();
        });
    }

    /// <summary>Why a folder is no whole checkpoint, or null if it is one.</summary>
    public static string? Fault(string folder)
    {
        string mark = Path.Combine(folder, Name);
        if (!File.Exists(mark))
            return $"it has no {Name}, which is written last";
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(mark));
            foreach (JsonProperty file in document.RootElement.EnumerateObject())
            {
                string path = Path.Combine(folder, file.Name);
                if (!File.Exists(path))
                    return $"{file.Name} is missing";
                long expected = file.Value.GetProperty("bytes").GetInt64();
                long found = new FileInfo(path).Length;
                if (found != expected)
                    return FormattableString.Invariant($"{file.Name} has {found} bytes in place of {expected}");
                if (FileFingerprint.Of(path) != file.Value.GetProperty("sha256").GetString())
                    return $"the content of {file.Name} is not what was written";
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return $"{Name} is damaged";
        }

        return null;
    }
}
