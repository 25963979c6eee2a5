using VkSparseGrad.Layers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Training;

namespace VkSparseGrad.Benchmarks.Steps;

/// <summary>A way of training whose steps are timed.</summary>
/// <param name="Name">Its part of the figures' names.</param>
/// <param name="Method">The method.</param>
/// <param name="Selection">SparseGrad's choice of coefficients.</param>
internal sealed record BenchedMethod(string Name, TrainingMethod Method, Selection Selection)
{
    /// <summary>A run of a few steps is made to refresh on every third; how much it costs on average follows from both kinds.</summary>
    private const int BenchedInterval = 3;

    /// <summary>The methods side by side. LoRA has the paper's rank for a base model.</summary>
    public static IReadOnlyList<BenchedMethod> All { get; } =
    [
        new("full", TrainingMethod.Full, Selection.EveryStep),
        new("lora", TrainingMethod.Lora, Selection.EveryStep),
        new("meprop", TrainingMethod.MeProp, Selection.EveryStep),
        new("sparsegrad_every_step", TrainingMethod.SparseGrad, Selection.EveryStep),
        new("sparsegrad_rows_8th", TrainingMethod.SparseGrad, Selection.AmongCoordinates(CoordinateCount.Share(1.0 / 8), 20)),
        new("sparsegrad_rows_16th", TrainingMethod.SparseGrad, Selection.AmongCoordinates(CoordinateCount.Share(1.0 / 16), 20)),
    ];

    /// <summary>Whether blocks are computed again in the backward pass.</summary>
    public bool Checkpointing { get; init; }

    /// <summary>In how many bits activations are kept.</summary>
    public Precision Precision { get; init; }

    /// <summary>Whether this is what training does when it is not told otherwise.</summary>
    public bool IsDefaultSparseGrad => Method == TrainingMethod.SparseGrad && Selection.Equals(new TrainingOptions().Selection);

    /// <summary>Whether a step of the run is made to refresh its selection, whatever the interval.</summary>
    /// <param name="step">Counted from 0.</param>
    public bool Refreshes(int step) => Selection.Coordinates is not null && step % BenchedInterval == 0;

    /// <summary>Settings of a run whose every epoch is one step.</summary>
    /// <param name="batchSize">Sequences of a step.</param>
    /// <param name="steps">Steps of the run.</param>
    public TrainingOptions Options(int batchSize, int steps) => new()
    {
        Method = Method,
        Selection = Selection,
        Lora = new LoraOptions { Rank = 7 },
        BatchSize = batchSize,
        Epochs = steps,
        PreliminarySteps = 1,
        LearningRate = 1e-5,
        Checkpointing = Checkpointing,
        Precision = Precision,
    };

    /// <summary>The mean of a step, from the times of a run's steps in order, or from their ratios to another run's.</summary>
    /// <param name="seconds">Of all steps, those for warming up included.</param>
    /// <param name="warmUp">How many of them do not count.</param>
    public double Mean(IReadOnlyList<double> seconds, int warmUp)
    {
        (double Seconds, int Step)[] counted = [.. seconds.Select((time, step) => (time, step)).Skip(warmUp)];
        double plain = Measurement.Median(counted.Where(item => !Refreshes(item.Step)).Select(item => item.Seconds));
        if (Selection.Coordinates is null)
        {
            return plain;
        }

        double refresh = Measurement.Median(counted.Where(item => Refreshes(item.Step)).Select(item => item.Seconds));
        return (refresh + ((Selection.Interval - 1) * plain)) / Selection.Interval;
    }
}
