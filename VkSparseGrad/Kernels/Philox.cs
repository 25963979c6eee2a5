namespace VkSparseGrad.Kernels;

/// <summary>Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11,
/// and the dropout masks drawn from it as <see cref="Dropout"/> describes.</summary>
internal static class Philox
{
    private const int Rounds = 10;

    /// <summary>The four random words that belong to a counter and a key.</summary>
    public static (uint Word0, uint Word1, uint Word2, uint Word3) Block(
        uint counter0, uint counter1, uint counter2, uint counter3, uint key0, uint key1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = 0xD2511F53ul * counter0;
            ulong product1 = 0xCD9E8D57ul * counter2;
            (counter0, counter1, counter2, counter3) = (
                (uint)(product1 >> 32) ^ counter1 ^ key0,
                (uint)product1,
                (uint)(product0 >> 32) ^ counter3 ^ key1,
                (uint)product0);
            unchecked
            {
                key0 += 0x9E3779B9;
                key1 += 0xBB67AE85;
            }
        }

        return (counter0, counter1, counter2, counter3);
    }

    /// <summary>What dropout multiplies an element by: 0 where it is dropped, <see cref="Dropout.Scale"/> where it is kept, 1
    /// without dropout.</summary>
    /// <param name="dropout">The mask.</param>
    /// <param name="element">Place in the tensor, or the key's place in its sequence for attention.</param>
    /// <param name="row">0, or query row * heads + head for attention.</param>
    public static float MaskFactor(in Dropout dropout, uint element, uint row = 0)
    {
        if (!dropout.Enabled)
        {
            return 1;
        }

        (uint word0, uint word1, uint word2, uint word3) = Block(
            element / 4, row, dropout.Step, dropout.Stream, (uint)dropout.Seed, (uint)(dropout.Seed >> 32));
        uint word = (element % 4) switch
        {
            0 => word0,
            1 => word1,
            2 => word2,
            _ => word3,
        };
        return word >= dropout.Threshold ? dropout.Scale : 0;
    }
}
