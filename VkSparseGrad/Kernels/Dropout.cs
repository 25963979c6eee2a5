namespace VkSparseGrad.Kernels;

/// <summary>Names one dropout mask. The mask is never stored: the same values give the same mask again.</summary>
/// <remarks>
/// The mask comes from Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11), keyed by the
/// seed and counted by (element, row, step, stream), so that it depends neither on the device nor on the order of work.
/// Elementwise masks use counter word 0 = element / 4 and word 1 = 0; attention masks use word 0 = key / 4 (the key's
/// place in its sequence) and word 1 = query row * heads + head. The output word is the remainder by 4. An element is
/// kept when its 32-bit word is at least <see cref="Threshold"/>, and then scaled by 1 / (1 - probability).
/// </remarks>
/// <param name="Probability">The probability of dropping an element, 0 to below 1; 0 switches dropout off.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Step">The training step.</param>
/// <param name="Stream">Which dropout of the model this is.</param>
public readonly record struct Dropout(float Probability, ulong Seed, uint Step, uint Stream)
{
    /// <summary>No dropout: every element is kept as it is.</summary>
    public static Dropout None => default;

    /// <summary>Whether elements are dropped at all.</summary>
    public bool Enabled => Probability > 0;

    /// <summary>Random words below this are dropped.</summary>
    public uint Threshold => (uint)(Probability * 4294967296.0);

    /// <summary>The factor on kept elements.</summary>
    public float Scale => 1f / (1f - Probability);
}
