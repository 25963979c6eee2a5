using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>What the gradients of one weight, batch by batch, look like in one space.</summary>
public sealed class SpaceStatistics
{
    /// <summary>From which share of a gradient's largest magnitude on an entry makes its row and its column count.</summary>
    public const double ActiveThreshold = 0.01;

    private const int RanksPerDecade = 10;

    private readonly IReadOnlyList<double> fractions;
    private readonly double[] shareSums;
    private readonly List<double> activeRows = [];
    private readonly List<double> activeColumns = [];
    private IReadOnlyList<int> ranks = [];
    private double[] magnitudeSums = [];

    /// <summary>Starts with no gradient.</summary>
    /// <param name="fractions">Of the entries, for <see cref="EnergyShares"/>.</param>
    public SpaceStatistics(IReadOnlyList<double> fractions)
    {
        ArgumentNullException.ThrowIfNull(fractions);
        this.fractions = fractions;
        shareSums = new double[fractions.Count];
    }

    /// <summary>Share of the energy in the given fractions of entries, largest first; the mean over the gradients.</summary>
    public IReadOnlyList<double> EnergyShares => Array.ConvertAll(shareSums, sum => sum / activeRows.Count);

    /// <summary>Magnitude over the gradient's norm, by rank, at ranks that are evenly spaced on a logarithmic axis; the mean over
    /// the gradients.</summary>
    public IReadOnlyList<(int Rank, double Magnitude)> Curve =>
        [.. ranks.Zip(magnitudeSums, (rank, sum) => (rank, sum / activeRows.Count))];

    /// <summary>For each gradient the share of rows with an entry above <see cref="ActiveThreshold"/>.</summary>
    public IReadOnlyList<double> ActiveRows => activeRows;

    /// <summary>For each gradient the share of columns with an entry above <see cref="ActiveThreshold"/>.</summary>
    public IReadOnlyList<double> ActiveColumns => activeColumns;

    /// <summary>Counts shares by size.</summary>
    /// <param name="shares">From 0 to 1.</param>
    /// <param name="bins">Number of bins of equal width; a share on a border counts in the upper one, and 1 in the last.</param>
    public static int[] Histogram(IEnumerable<double> shares, int bins)
    {
        ArgumentNullException.ThrowIfNull(shares);
        var counts = new int[bins];
        foreach (double share in shares)
        {
            counts[Math.Min(bins - 1, (int)(share * bins))]++;
        }

        return counts;
    }

    /// <summary>Adds a gradient.</summary>
    /// <param name="shape">The same for all.</param>
    /// <param name="entries">Row-major, finite, not all zero.</param>
    public void Add(Shape shape, ReadOnlySpan<float> entries)
    {
        var spectrum = new GradientSpectrum(entries);
        if (ranks.Count == 0)
        {
            ranks = GradientSpectrum.LogarithmicRanks(spectrum.Count, RanksPerDecade);
            magnitudeSums = new double[ranks.Count];
        }

        for (int i = 0; i < fractions.Count; i++)
        {
            shareSums[i] += spectrum.EnergyShare(fractions[i]);
        }

        for (int i = 0; i < ranks.Count; i++)
        {
            magnitudeSums[i] += spectrum.RelativeMagnitude(ranks[i]);
        }

        (double rows, double columns) = MagnitudeMap.ActiveShares(shape, entries, ActiveThreshold);
        activeRows.Add(rows);
        activeColumns.Add(columns);
    }
}
