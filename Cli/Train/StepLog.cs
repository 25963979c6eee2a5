using System.Text.Json;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>Writes <c>steps.jsonl</c>: one JSON object a line for every training step, as training goes.</summary>
internal sealed class StepLog : IDisposable
{
    public const string Name = "steps.jsonl";

    private readonly FileStream stream;
    private readonly Utf8JsonWriter json;

    /// <summary>Begins a log.</summary>
    /// <param name="folder">Gets it.</param>
    /// <param name="earlier">The log of an earlier process, which this one goes on with; null for none.</param>
    public StepLog(string folder, string? earlier = null)
    {
        Path = System.IO.Path.Combine(folder, Name);
        if (earlier is not null)
            File.Copy(earlier, Path);

        // Read while it is written, for checkpoints.
        stream = new FileStream(Path, FileMode.Append, FileAccess.Write, FileShare.Read);
        json = new Utf8JsonWriter(stream);
    }

    public string Path { get; }

    /// <summary>Loss and tokens of the steps of a log.</summary>
    public static IEnumerable<(float Loss, int Tokens)> Read(string path)
    {
        foreach (string line in File.ReadLines(path))
        {
            using JsonDocument step = JsonDocument.Parse(line);
            yield return (step.RootElement.GetProperty("loss").GetSingle(), step.RootElement.GetProperty("tokens").GetInt32());
        }
    }

    public void Add(StepResult step)
    {
        json.Reset();
        json.WriteStartObject();
        json.WriteNumber("step", step.Step);
        json.WriteNumber("epoch", step.Epoch);
        json.WriteNumber("loss", step.Loss);
        json.WriteNumber("gradient_norm", step.GradientNorm);
        json.WriteNumber("learning_rate", step.LearningRate);
        json.WriteNumber("tokens", step.Tokens);
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
        stream.Flush();
    }

    public void Dispose()
    {
        json.Dispose();
        stream.Dispose();
    }
}
