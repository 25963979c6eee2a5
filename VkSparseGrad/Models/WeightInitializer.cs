using VkSparseGrad.Training;

namespace VkSparseGrad.Models;

/// <summary>Fills a new weight with random numbers that depend on the seed and the weight's name alone.</summary>
internal static class WeightInitializer
{
    /// <summary>2^-53, the step of a double in [0.5, 1).</summary>
    private const double Unit = 1.0 / (1L << 53);

    /// <summary>The deviation BERT is initialised with.</summary>
    private const double Deviation = 0.02;

    /// <summary>Normal numbers of BERT's deviation.</summary>
    public static void FillNormal(string name, ulong seed, Span<float> values)
    {
        SplitMix64 random = Stream(name, seed);
        for (int i = 0; i < values.Length; i += 2)
        {
            // Box and Muller: two normal numbers from two uniform ones, the first in (0, 1].
            double radius = Math.Sqrt(-2 * Math.Log(((random.Next() >> 11) + 1) * Unit));
            double angle = 2 * Math.PI * ((random.Next() >> 11) * Unit);
            values[i] = (float)(Deviation * radius * Math.Cos(angle));
            if (i + 1 < values.Length)
            {
                values[i + 1] = (float)(Deviation * radius * Math.Sin(angle));
            }
        }
    }

    /// <summary>Numbers from -bound to bound, each equally likely.</summary>
    public static void FillUniform(string name, ulong seed, double bound, Span<float> values)
    {
        SplitMix64 random = Stream(name, seed);
        foreach (ref float value in values)
        {
            value = (float)(bound * (2 * ((random.Next() >> 11) * Unit) - 1));
        }
    }

    private static SplitMix64 Stream(string name, ulong seed)
    {
        // FNV-1a gives each name a stream of its own, so that the order of construction does not matter.
        ulong stream = 14695981039346656037;
        foreach (char letter in name)
        {
            stream = (stream ^ letter) * 1099511628211;
        }

        return new SplitMix64(SplitMix64.Mix(seed) ^ stream);
    }
}
