using System.Text.Json;
using System.Text.Json.Nodes;
using VkSparseGrad.Cli.Output;

namespace VkSparseGrad.Cli.Generate;

/// <summary>Writes each question's object with its answers, a line each. Until all are there, they are in a file beside, which stays
/// where the work breaks off.</summary>
internal sealed class AnswerFile : IDisposable
{
    private const string Ending = ".partial";

    private readonly string path;
    private readonly FileStream stream;

    public AnswerFile(string path)
    {
        this.path = path;
        OutputFile.MakeFolder(path);
        stream = File.Create(path + Ending);
    }

    public void Add(Question question, IReadOnlyList<string> answers)
    {
        var line = (JsonObject)question.Fields.DeepClone();
        line["answers"] = new JsonArray([.. answers.Select(answer => (JsonNode)answer)]);
        using (var json = new Utf8JsonWriter(stream))
            line.WriteTo(json);
        stream.WriteByte((byte)'\n');
        stream.Flush();
    }

    /// <summary>Puts the file in its place.</summary>
    public void Publish()
    {
        stream.Flush(flushToDisk: true);
        stream.Dispose();
        File.Move(path + Ending, path, overwrite: true);
    }

    public void Dispose() => stream.Dispose();
}
