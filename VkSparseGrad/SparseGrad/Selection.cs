using System.Globalization;

namespace VkSparseGrad.SparseGrad;

/// <summary>How SparseGrad chooses the coefficients that a step updates.</summary>
/// <remarks>
/// The full matrix of coefficients costs more than the rest of the layer's gradient. <see cref="EveryStep"/> computes it on
/// every step, as the paper does. The other two compute it on every n-th step only, a refresh, and settle there what is looked
/// at until the next: <see cref="AmongCoordinates"/> a few coordinates of the layer's large side, among which the entries are
/// chosen anew on every step; <see cref="Refreshed"/> the entries themselves.
/// </remarks>
public sealed record Selection
{
    private Selection(CoordinateCount? coordinates, int interval)
    {
        Coordinates = coordinates;
        Interval = interval;
    }

    /// <summary>The largest of all coefficients, chosen on every step.</summary>
    public static Selection EveryStep { get; } = new(null, 1);

    /// <summary>Steps between two refreshes, at least 1.</summary>
    public int Interval { get; }

    /// <summary>The number of coordinates of the large side among which entries are chosen, or more where they do not hold as many
    /// entries; null where it is all of them.</summary>
    public CoordinateCount? Coordinates { get; }

    /// <summary>The largest of all coefficients at a refresh, the same until the next. Moments are kept for all.</summary>
    /// <param name="interval">Steps between two refreshes, at least 1; 1 equals <see cref="EveryStep"/>.</param>
    public static Selection Refreshed(int interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        return new(null, interval);
    }

    /// <summary>The largest coefficients among those of a few coordinates of the large side, chosen on every step. A refresh
    /// takes the coordinates whose coefficients hold most energy. Moments are kept for the chosen coordinates only and stay with
    /// a coordinate for as long as it stays.</summary>
    /// <param name="coordinates">How many; a layer takes more where they would not hold the entries that a step updates.</param>
    /// <param name="interval">Steps between two refreshes, at least 1.</param>
    public static Selection AmongCoordinates(CoordinateCount coordinates, int interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        if (coordinates == default)
        {
            throw new ArgumentOutOfRangeException(nameof(coordinates), "A selection is among at least one coordinate.");
        }

        return new(coordinates, interval);
    }

    /// <summary>R: the coordinates of a layer's large side that can be chosen at a time; never fewer than hold what is kept.</summary>
    /// <param name="small">d, the layer's small side.</param>
    /// <param name="large">D, its large side.</param>
    /// <param name="kept">Entries that a step updates.</param>
    internal int Entries(int small, int large, int kept) => Coordinates is CoordinateCount count
        ? Math.Max(count.Of(large), (int)Math.Min(large, (kept + small - 1L) / small))
        : large;

    /// <summary>As on the command line: <c>every-step</c>, <c>refresh:N</c> or <c>rows:R,refresh:N</c>.</summary>
    public override string ToString() => (Coordinates, Interval) switch
    {
        (null, 1) => "every-step",
        (null, _) => string.Create(CultureInfo.InvariantCulture, $"refresh:{Interval}"),
        (CoordinateCount count, _) => string.Create(CultureInfo.InvariantCulture, $"rows:{count},refresh:{Interval}"),
    };
}

/// <summary>A number of coordinates, or a share of all.</summary>
public readonly record struct CoordinateCount
{
    private readonly double value;
    private readonly bool isShare;

    private CoordinateCount(double value, bool isShare)
    {
        this.value = value;
        this.isShare = isShare;
    }

    /// <summary>All of them.</summary>
    public static CoordinateCount All { get; } = new(1, isShare: true);

    /// <summary>A number, at least 1. A side that has fewer gives all it has.</summary>
    public static CoordinateCount Number(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return new(count, isShare: false);
    }

    /// <summary>A share of a side, above 0 to 1; at least one coordinate.</summary>
    public static CoordinateCount Share(double share)
    {
        if (!(share > 0 && share <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "A share is above 0 and at most 1.");
        }

        return new(share, isShare: true);
    }

    /// <summary>The number of coordinates for a side of this length.</summary>
    public int Of(int side) => isShare ? Math.Clamp((int)Math.Round(value * side), 1, side) : (int)Math.Min(value, side);

    /// <summary>As on the command line: <c>96</c>, <c>0.125</c> or <c>all</c>.</summary>
    public override string ToString() => isShare && value == 1 ? "all" : value.ToString("R", CultureInfo.InvariantCulture);
}
