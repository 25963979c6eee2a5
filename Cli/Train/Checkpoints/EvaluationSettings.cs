namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>When a run evaluates the model on the way, and when it stops for that.</summary>
/// <param name="Steps">Steps from one evaluation to the next; null for none.</param>
/// <param name="EachEpoch">Whether each epoch's end has one.</param>
/// <param name="Patience">Evaluations without improvement after which the run stops; null never stops it.</param>
internal sealed record EvaluationSettings(int? Steps, bool EachEpoch, int? Patience)
{
    /// <summary>Evaluation before and after only.</summary>
    public static EvaluationSettings None { get; } = new(null, false, null);

    /// <summary>Whether the first metric is better the lower it is, as a loss.</summary>
    public bool LowestIsBest { get; init; }

    /// <summary>Whether there is any on the way.</summary>
    public bool IsAny => Steps is not null || EachEpoch;
}
