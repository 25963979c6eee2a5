namespace VkSparseGrad.SparseGrad;

/// <summary>How the energy ‖·‖² of a matrix is spread over its entries.</summary>
public sealed class GradientSpectrum
{
    private readonly float[] magnitudes;
    private readonly double[] energies;

    /// <summary>Sorts the entries by magnitude.</summary>
    /// <param name="entries">At least one, finite, not all zero.</param>
    public GradientSpectrum(ReadOnlySpan<float> entries)
    {
        magnitudes = new float[entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            magnitudes[i] = MathF.Abs(entries[i]);
        }

        Array.Sort(magnitudes);
        Array.Reverse(magnitudes);
        energies = new double[entries.Length];
        double sum = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            sum += (double)magnitudes[i] * magnitudes[i];
            energies[i] = sum;
        }
    }

    /// <summary>Number of entries.</summary>
    public int Count => magnitudes.Length;

    /// <summary>The share of the energy in the entries of largest magnitude.</summary>
    /// <param name="fraction">How many of the entries, above 0 to 1: floor(fraction · count) of them, and at least one.</param>
    /// <returns>Above 0 to 1.</returns>
    public double EnergyShare(double fraction)
    {
        int kept = Math.Max(1, (int)Math.Floor(fraction * Count));
        return energies[kept - 1] / energies[^1];
    }

    /// <summary>The magnitude of an entry over the norm ‖·‖ of the matrix.</summary>
    /// <param name="rank">1 for the largest entry, up to <see cref="Count"/> for the smallest.</param>
    public double RelativeMagnitude(int rank) => magnitudes[rank - 1] / Math.Sqrt(energies[^1]);

    /// <summary>Ranks from 1 to a count, evenly spaced on a logarithmic axis.</summary>
    /// <param name="count">The last rank.</param>
    /// <param name="perDecade">How many between 1 and 10, as far as there are whole numbers, between 10 and 100, and so on.</param>
    public static IReadOnlyList<int> LogarithmicRanks(int count, int perDecade)
    {
        var ranks = new SortedSet<int> { count };
        for (int i = 0; Math.Pow(10, (double)i / perDecade) < count; i++)
        {
            ranks.Add((int)Math.Pow(10, (double)i / perDecade));
        }

        return [.. ranks];
    }
}
