using System.Text.Json;
using VkSparseGrad.ModelLoaders.Checkpoints;

namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>The evaluations of a run so far, and what follows from them.</summary>
/// <param name="settings">When there are any, and when they stop the run.</param>
/// <param name="earlier">Those before the checkpoint that the run goes on from.</param>
internal sealed class EvaluationHistory(EvaluationSettings settings, IEnumerable<EvaluationRecord> earlier)
{
    public const string FileName = "evaluations.jsonl";

    private readonly List<EvaluationRecord> records = [.. earlier];

    /// <summary>All of them; that of step 0 is the one before training.</summary>
    public IReadOnlyList<EvaluationRecord> All => records;

    /// <summary>Those during training.</summary>
    public IReadOnlyList<EvaluationRecord> DuringTraining => [.. records.Where(record => record.Step > 0)];

    /// <summary>The step with the best first metric, the earliest of equals; null where it was never defined.</summary>
    public int? BestStep => DuringTraining.Where(record => First(record) is not null).MaxBy(Goodness)?.Step;

    /// <summary>Whether the first metric has not improved for as long as the run was to wait.</summary>
    public bool StopsRun => settings.Patience <= DuringTraining.Count(record => record.Step > (BestStep ?? 0));

    public void Add(EvaluationRecord record) => records.Add(record);

    /// <summary>The evaluation after a step, if there was one.</summary>
    public EvaluationRecord? At(int step) => records.Find(record => record.Step == step);

    /// <summary>Whether there is to be one after a step.</summary>
    public bool IsDue(int step, int stepsPerEpoch, int totalSteps) =>
        step % settings.Steps == 0 || (settings.EachEpoch && step % stepsPerEpoch == 0) || (settings.IsAny && step == totalSteps);

    /// <summary>Writes those during training, one JSON object a line, if they were asked for.</summary>
    public void Write(string folder)
    {
        if (!settings.IsAny)
            return;
        using FileStream stream = File.Create(Path.Combine(folder, FileName));
        foreach (EvaluationRecord record in DuringTraining)
        {
            using (var json = new Utf8JsonWriter(stream))
                record.Write(json);
            stream.WriteByte((byte)'\n');
        }
    }

    private double? Goodness(EvaluationRecord record) => settings.LowestIsBest ? -First(record) : First(record);

    private static double? First(EvaluationRecord record) => record.Scores[0].Score;
}
