using VkSparseGrad.Cli.Train;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>What is looked at.</summary>
internal sealed record InspectSettings
{
    /// <summary>Model, rows, batches and preliminary phase, as a training run has them.</summary>
    public required TrainSettings Run { get; init; }

    /// <summary>The block of the weight that is drawn; null for the one in the middle.</summary>
    public int? Layer { get; init; }

    /// <summary>The kind of the weight that is drawn, a place in <see cref="LayerNames.Kinds"/>.</summary>
    public required int Kind { get; init; }

    /// <summary>Batches that are looked at.</summary>
    public required int Steps { get; init; }

    /// <summary>Fractions of the entries whose share of the energy is told, rising.</summary>
    public required IReadOnlyList<double> Top { get; init; }

    /// <summary>Names, as in JSON, and values.</summary>
    public IReadOnlyList<(string Name, object? Value)> Effective(int layer, int maxLength) =>
    [
        ("model", Run.Model),
        ("task", TrainArguments.Name(Run.Task)),
        ("data", Run.Data),
        ("output", Run.Output),
        ("layer", layer),
        ("kind", LayerNames.Kinds[Kind]),
        ("preliminary_steps", Run.Training.PreliminarySteps),
        ("steps", Steps),
        ("batch_size", Run.Training.BatchSize),
        ("max_length", maxLength),
        ("max_train_rows", Run.MaxTrainRows),
        ("seed", Run.Training.Seed),
        ("top", string.Join(',', Top.Select(LayerNames.Fraction))),
        ("device", Run.Device),
        ("reset_head", Run.ResetHead),
    ];
}
