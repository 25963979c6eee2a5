namespace VkSparseGrad.Training;

/// <summary>The order in which an epoch goes through the examples.</summary>
public static class EpochShuffle
{
    /// <summary>A permutation of 0 to <paramref name="count"/> - 1 that depends on nothing but the arguments.</summary>
    /// <param name="count">Number of examples, at least one.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch, from 0; each has its own order, so that a resumed run needs no other state.</param>
    public static int[] Order(int count, ulong seed, int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var order = new int[count];
        Fill(order, seed, epoch);
        return order;
    }

    /// <summary>The same into an array of at least one element.</summary>
    internal static void Fill(Span<int> order, ulong seed, int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);

        // Mixed before the epoch is added: neighbouring seeds and epochs would share sequences otherwise.
        var random = new SplitMix64(SplitMix64.Mix(SplitMix64.Mix(seed + 1) + (ulong)epoch));
        for (var index = 0; index < order.Length; index++)
        {
            // Fisher-Yates from the inside out.
            var other = random.NextBelow(index + 1);
            order[index] = order[other];
            order[other] = index;
        }
    }
}
