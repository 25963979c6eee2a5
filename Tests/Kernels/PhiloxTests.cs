using VkSparseGrad.Kernels;

namespace VkSparseGrad.Tests.Kernels;

[TestClass]
public sealed class PhiloxTests
{
    // The known-answer vectors of Random123 (kat_vectors, philox4x32 with 10 rounds).
    [TestMethod]
    [DataRow(
        new[] { 0u, 0u, 0u, 0u }, new[] { 0u, 0u },
        new[] { 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u })]
    [DataRow(
        new[] { ~0u, ~0u, ~0u, ~0u }, new[] { ~0u, ~0u },
        new[] { 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu })]
    [DataRow(
        new[] { 0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u }, new[] { 0xa4093822u, 0x299f31d0u },
        new[] { 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u })]
    public void Block_gives_the_published_words(uint[] counter, uint[] key, uint[] expected)
    {
        (uint w0, uint w1, uint w2, uint w3) =
            Philox.Block(counter[0], counter[1], counter[2], counter[3], key[0], key[1]);

        CollectionAssert.AreEqual(expected, new[] { w0, w1, w2, w3 });
    }

    [TestMethod]
    public void Mask_takes_its_word_at_the_documented_counter()
    {
        var dropout = new Dropout(0.5f, Seed: 0x299f31d0_a4093822, Step: 0x13198a2e, Stream: 0x03707344);
        (uint w0, uint w1, uint w2, uint w3) = Philox.Block(3, 7, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0);
        uint[] words = [w0, w1, w2, w3];

        for (uint i = 0; i < 4; i++)
        {
            float expected = words[i] >= 0x80000000 ? 2 : 0;
            Assert.AreEqual(expected, Philox.MaskFactor(dropout, 12 + i, 7));
        }
    }

    [TestMethod]
    public void Mask_drops_the_stated_share()
    {
        var dropout = new Dropout(0.1f, Seed: 1, Step: 2, Stream: 3);

        int dropped = Enumerable.Range(0, 100_000).Count(i => Philox.MaskFactor(dropout, (uint)i) == 0);

        // Five deviations of a binomial count.
        Assert.AreEqual(10_000, dropped, 5 * Math.Sqrt(100_000 * 0.1 * 0.9));
    }

    [TestMethod]
    public void Mask_is_one_without_dropout() => Assert.AreEqual(1, Philox.MaskFactor(Dropout.None, 5));
}
