using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models.Llama;

/// <summary>Cosines and sines of the rotary embedding, for as many positions as were asked for. Su et al., arXiv:2104.09864.</summary>
/// <remarks>Computed here in double, since a device may take sine and cosine of large angles as roughly as it likes.</remarks>
internal sealed class RotaryTable(IKernels kernels, LlamaConfig config) : IDisposable
{
    private const int FewestPositions = 512;

    // A step under way may still need a smaller one; each is about twice as large as the one before.
    private readonly List<Tensor> tables = [];

    /// <summary>The table for at least so many positions.</summary>
    /// <param name="positions">At most the configuration's.</param>
    /// <returns>[P, width]: the cosines of a position's angles, then their sines. This object's.</returns>
    public Tensor For(int positions)
    {
        if (tables.Count == 0 || tables[^1].Rows < positions)
        {
            int rows = Math.Min(config.MaxPositions, Math.Max(FewestPositions, (int)uint.Min(1u << 30, System.Numerics.BitOperations.RoundUpToPowerOf2((uint)positions))));
            tables.Add(kernels.FromArray(new Shape(rows, config.HeadWidth), Values(config, rows), MemoryCategory.Weights));
        }

        return tables[^1];
    }

    public void Dispose() => tables.ForEach(table => table.Dispose());

    /// <summary>Pair i of a head turns by base^(-2i / width) radians a position.</summary>
    private static float[] Values(LlamaConfig config, int positions)
    {
        int width = config.HeadWidth;
        var values = new float[(long)positions * width];
        for (int pair = 0; pair < width / 2; pair++)
        {
            double frequency = Math.Pow(config.RotaryBase, -2.0 * pair / width);
            frequency = config.RotaryScaling?.Apply(frequency) ?? frequency;
            for (int position = 0; position < positions; position++)
            {
                (double sine, double cosine) = Math.SinCos(position * frequency);
                values[(long)position * width + pair] = (float)cosine;
                values[(long)position * width + width / 2 + pair] = (float)sine;
            }
        }

        return values;
    }
}
