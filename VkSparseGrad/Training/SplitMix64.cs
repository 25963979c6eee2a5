namespace VkSparseGrad.Training;

/// <summary>SplitMix64 (Steele, Lea and Flood, 2014): a counter run through a mixing function, the same on every platform.</summary>
/// <remarks><see cref="Random"/> promises no particular sequence across .NET versions.</remarks>
internal struct SplitMix64(ulong seed)
{
    private const ulong Increment = 0x9E3779B97F4A7C15;

    private ulong _counter = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next() => Mix(_counter += Increment);

    /// <summary>A number from 0 to below 1: a multiple of 2^-53, the step of a double in [0.5, 1).</summary>
    public double NextUnit() => (Next() >> 11) * (1.0 / (1L << 53));

    /// <summary>A number from 0 to below a bound, each equally likely.</summary>
    public int NextBelow(int bound)
    {
        // The high half of the product, rejecting the low halves that would favour some results (Lemire, 2019).
        var threshold = (0 - (ulong)bound) % (ulong)bound;
        ulong high, low;
        do
            high = Math.BigMul(Next(), (ulong)bound, out low);
        while (low < threshold);
        return (int)high;
    }

    /// <summary>The mixing function: every bit of the result depends on every bit of the value.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
