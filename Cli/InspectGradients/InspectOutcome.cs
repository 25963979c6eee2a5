using VkSparseGrad.Devices;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>What a run saw.</summary>
internal sealed record InspectOutcome
{
    /// <summary>All MLP weights: by kind, then from the first block to the last.</summary>
    public required IReadOnlyList<InspectedLayer> Layers { get; init; }

    /// <summary>The first batch's gradient of the weight that is drawn.</summary>
    public required InspectedGradient Sample { get; init; }

    /// <summary>Fractions of the entries, rising.</summary>
    public required IReadOnlyList<double> Top { get; init; }

    public required int Batches { get; init; }

    public required TimeSpan PreliminaryTime { get; init; }

    public required TimeSpan BasisTime { get; init; }

    public required DeviceInfo Device { get; init; }

    /// <summary>The weight that is drawn.</summary>
    public InspectedLayer Drawn => Layers.Single(layer => layer.Name == Sample.Name);

    /// <summary>Share of the energy by fraction, the mean over the blocks of a kind.</summary>
    public IReadOnlyList<double> MeanShares(int kind, GradientSpace space)
    {
        SpaceStatistics[] blocks = [.. Layers.Where(layer => layer.Kind == kind).Select(layer => layer.Statistics[space])];
        return [.. Top.Select((_, place) => blocks.Average(block => block.EnergyShares[place]))];
    }
}
