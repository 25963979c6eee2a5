namespace VkSparseGrad.Conformance;

/// <summary>A small seeded generator (SplitMix64, Steele et al., OOPSLA'14), the same on every runtime.</summary>
internal sealed class RandomValues(ulong seed)
{
    private ulong state = seed;

    public ulong NextBits()
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
            ulong z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    /// <summary>Uniform in 0 to below the bound.</summary>
    public int NextInt(int bound) => (int)(NextBits() % (ulong)bound);

    /// <summary>Uniform in 0 to below 1.</summary>
    public double NextUniform() => (NextBits() >> 11) / 9007199254740992.0;

    /// <summary>Standard normal (Box and Muller).</summary>
    public double NextNormal() =>
        Math.Sqrt(-2 * Math.Log(1 - NextUniform())) * Math.Cos(2 * Math.PI * NextUniform());

    /// <summary>Normal values rounded to float, so that every implementation starts from the same numbers.</summary>
    public float[] Normal(long count, double scale = 1)
    {
        var values = new float[count];
        for (long i = 0; i < count; i++)
        {
            values[i] = (float)(scale * NextNormal());
        }

        return values;
    }
}
