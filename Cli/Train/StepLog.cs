using System.Text.Json;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train;

/// <summary>Writes <c>steps.jsonl</c>: one JSON object a line for every training step, as training goes.</summary>
internal sealed class StepLog : IDisposable
{
    public const string Name = "steps.jsonl";

    private readonly FileStream stream;
    private readonly Utf8JsonWriter json;

    public StepLog(string folder)
    {
        stream = File.Create(Path.Combine(folder, Name));
        json = new Utf8JsonWriter(stream);
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
