using CsCheck;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class EpochShuffleTests
{
    [TestMethod]
    public void Any_order_is_a_permutation() =>
        Gen.Select(Gen.Int[1, 300], Gen.ULong, Gen.Int[0, 1000]).Sample((count, seed, epoch) =>
            EpochShuffle.Order(count, seed, epoch).Order().SequenceEqual(Enumerable.Range(0, count)));

    [TestMethod]
    public void Equal_arguments_give_equal_orders_and_no_others_do()
    {
        var orders =
            from seed in Enumerable.Range(0, 8)
            from epoch in Enumerable.Range(0, 8)
            select string.Join(',', EpochShuffle.Order(50, (ulong)seed, epoch));

        Assert.AreEqual(64, orders.Distinct().Count());
        CollectionAssert.AreEqual(EpochShuffle.Order(10, 1, 2), EpochShuffle.Order(10, 1, 2));
    }

    // Computed apart from this code, in Python: a change here breaks the resuming of every saved run.
    [TestMethod]
    [DataRow(1ul, 0, new[] { 3, 9, 6, 1, 4, 5, 8, 2, 0, 7 })]
    [DataRow(1ul, 1, new[] { 2, 3, 8, 1, 7, 4, 9, 5, 6, 0 })]
    [DataRow(ulong.MaxValue, 2, new[] { 0, 2, 8, 9, 7, 5, 6, 3, 4, 1 })]
    public void Orders_are_the_same_on_every_platform(ulong seed, int epoch, int[] order) =>
        CollectionAssert.AreEqual(order, EpochShuffle.Order(10, seed, epoch));

    [TestMethod]
    public void Every_place_is_equally_likely()
    {
        const int Epochs = 6000;
        var counts = new int[6, 6];
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            var order = EpochShuffle.Order(6, 42, epoch);
            for (var place = 0; place < 6; place++)
                counts[place, order[place]]++;
        }

        // 1000 expected, standard deviation 29.
        foreach (var count in counts)
            Assert.IsInRange(850, 1150, count);
    }

    [TestMethod]
    public void One_row_works_and_none_is_refused()
    {
        CollectionAssert.AreEqual(new[] { 0 }, EpochShuffle.Order(1, 3, 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => EpochShuffle.Order(0, 3, 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => EpochShuffle.Order(1, 3, -1));
    }
}
