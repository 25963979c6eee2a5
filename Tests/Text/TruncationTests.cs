using VkSparseGrad.ModelLoaders.Tokenizers;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class TruncationTests
{
    [TestMethod]
    [DataRow(10, 3, 4, 3)]
    [DataRow(3, 10, 3, 4)]
    [DataRow(0, 20, 0, 7)]
    [DataRow(20, 0, 7, 0)]
    [DataRow(0, 0, 0, 0)]
    [DataRow(4, 3, 4, 3)]
    [DataRow(9, 8, 4, 3)]
    [DataRow(8, 9, 3, 4)]
    [DataRow(5, 1, 5, 1)]
    [DataRow(8, 8, 3, 4, DisplayName = "a tie, as the Rust library breaks it")]
    public void The_longer_text_of_a_pair_is_cut_first(int first, int second, int keptFirst, int keptSecond)
    {
        // Room for seven beside [CLS] and two [SEP].
        var encoding = VocW.Uncased.Encode(Repeat("the", first), Repeat("x", second), 10);

        int[] ids = [2, .. Enumerable.Repeat(32, keptFirst), 3, .. Enumerable.Repeat(33, keptSecond), 3];
        int[] types = [.. Enumerable.Repeat(0, keptFirst + 2), .. Enumerable.Repeat(1, keptSecond + 1)];
        CollectionAssert.AreEqual(ids, encoding.Ids);
        CollectionAssert.AreEqual(types, encoding.TokenTypes);
        Assert.AreEqual(first + second > 7, encoding.IsTruncated);
    }

    [TestMethod]
    public void A_single_text_is_cut_at_its_end()
    {
        var encoding = VocW.Uncased.Encode("hello the x", null, 4);

        CollectionAssert.AreEqual(new[] { 2, 23, 32, 3 }, encoding.Ids);
        CollectionAssert.AreEqual(new[] { 0, 0, 0, 0 }, encoding.TokenTypes);
        Assert.IsTrue(encoding.IsTruncated);
        Assert.IsFalse(VocW.Uncased.Encode("hello the", null, 4).IsTruncated);
    }

    [TestMethod]
    public void A_limit_of_the_special_tokens_alone_leaves_them_alone()
    {
        CollectionAssert.AreEqual(new[] { 2, 3, 3 }, VocW.Uncased.Encode("hello", "the", 3).Ids);
        CollectionAssert.AreEqual(new[] { 2, 3 }, VocW.Uncased.Encode("hello", null, 2).Ids);
    }

    [TestMethod]
    [DataRow("the", 2)]
    [DataRow(null, 1)]
    [DataRow(null, 0)]
    [DataRow(null, -1)]
    public void A_limit_below_the_special_tokens_is_refused(string? pair, int limit) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => VocW.Uncased.Encode("hello", pair, limit));

    private static string Repeat(string word, int times) => string.Join(' ', Enumerable.Repeat(word, times));
}
