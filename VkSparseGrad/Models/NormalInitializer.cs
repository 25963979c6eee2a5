using VkSparseGrad.Training;

namespace VkSparseGrad.Models;

/// <summary>Fills a new weight with normal random numbers that depend on the seed and the weight's name alone.</summary>
internal static class NormalInitializer
{
    /// <summary>2^-53, the step of a double in [0.5, 1).</summary>
    private const double Unit = 1.0 / (1L << 53);

    /// <summary>The deviation BERT is initialised with.</summary>
    private const double Deviation = 0.02;

    public static void Fill(string name, ulong seed, Span<float> values)
    {
        // FNV-1a gives each name a stream of its own, so that the order of construction does not matter.
        ulong stream = 14695981039346656037;
        foreach (char letter in name)
        {
            stream = (stream ^ letter) * 1099511628211;
        }

        var random = new SplitMix64(SplitMix64.Mix(seed) ^ stream);
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
}
