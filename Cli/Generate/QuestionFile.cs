using System.Text.Json;
using System.Text.Json.Nodes;

namespace VkSparseGrad.Cli.Generate;

/// <summary>What is asked of a model, one prompt after another.</summary>
/// <param name="Turns">At least one.</param>
/// <param name="Fields">The object it came from, which goes with its answers.</param>
internal sealed record Question(IReadOnlyList<string> Turns, JsonObject Fields);

/// <summary>Reads questions.</summary>
internal static class QuestionFile
{
    private const string ObjectsEnding = ".jsonl";
    private const long LargestBytes = 64 << 20;

    /// <summary>Reads a file of questions: a line each, or with the ending <c>.jsonl</c> an object a line.</summary>
    /// <exception cref="IOException">There is no such file, it holds no question, is too large, or a line is not as it should be.</exception>
    public static IReadOnlyList<Question> Read(string path)
    {
        if (!File.Exists(path))
            throw new IOException($"--questions {path} does not exist.");
        if (new FileInfo(path).Length > LargestBytes)
            throw new IOException($"--questions {path} has more than {LargestBytes} bytes; split it.");
        bool hasObjects = path.EndsWith(ObjectsEnding, StringComparison.OrdinalIgnoreCase);
        var questions = new List<Question>();
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                questions.Add(hasObjects ? FromObject(path, number, line) : new Question([line], new JsonObject { ["prompt"] = line }));
        }

        return questions.Count > 0 ? questions : throw new IOException($"--questions {path} holds no question.");
    }

    private static Question FromObject(string path, int number, string line)
    {
        try
        {
            if (JsonNode.Parse(line) is JsonObject fields && TurnsOf(fields) is { Length: > 0 } turns)
                return new Question(turns, fields);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw NoQuestion(path, number, e);
        }

        throw NoQuestion(path, number);
    }

    private static string[]? TurnsOf(JsonObject fields) =>
        fields["turns"] is JsonArray list ? [.. list.Select(Words)] : fields["prompt"] is { } prompt ? [Words(prompt)] : null;

    private static string Words(JsonNode? node) => (node ?? throw new FormatException()).GetValue<string>();

    private static IOException NoQuestion(string path, int number, Exception? cause = null) =>
        new($"--questions {path} line {number} is not an object with a \"prompt\" or \"turns\" of text.", cause);
}
