using VkSparseGrad.ModelLoaders.Datasets.Language;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class TextPackerTests
{
    [TestMethod]
    public void Texts_that_fit_go_whole_into_the_first_block_with_room()
    {
        var packed = TextPacker.Pack([Text(6), Text(5), Text(4), Text(3), Text(10), Text(2)], 10);

        Assert.AreEqual("6+4 5+3+2 10", Shape(packed));
        Assert.AreEqual(30, packed.Tokens);
        Assert.AreEqual(0, packed.Unused);
        Assert.AreEqual((0, 0), (packed.CutTexts, packed.LeftOut));
    }

    [TestMethod]
    public void A_long_text_is_cut_so_that_each_token_is_predicted_once()
    {
        var packed = TextPacker.Pack([LearnedText.Whole([0, 1, 2, 3, 4, 5, 6, 7])], 4);

        CollectionAssert.AreEqual(
            new[] { "0 1 2 3", "3 4 5 6", "6 7" }, packed.Blocks.SelectMany(block => block.Texts).Select(text => string.Join(' ', text.Ids)).ToArray());
        Assert.AreEqual(7, packed.Predicted);
        Assert.AreEqual(1, packed.CutTexts);
        Assert.AreEqual(2, packed.Unused);
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(5)]
    [DataRow(7)]
    [DataRow(50)]
    public void No_learned_token_is_lost_or_doubled(int blockSize)
    {
        var ids = Enumerable.Range(0, 43).ToArray();
        var learned = ids.Select(id => id % 3 == 1 || id > 30).ToArray();

        var packed = TextPacker.Pack([new LearnedText(ids, learned)], blockSize);

        var predicted = packed.Blocks.SelectMany(block => block.Texts).SelectMany(text => text.Ids.Zip(text.IsLearned).Skip(1).Where(token => token.Second).Select(token => token.First));
        CollectionAssert.AreEqual(ids.Where(id => learned[id]).ToArray(), predicted.Order().ToArray());
        Assert.IsTrue(packed.Blocks.All(block => block.Tokens <= blockSize && block.Predicted > 0));
    }

    [TestMethod]
    public void What_has_nothing_to_predict_is_left_out()
    {
        // Only the first token of the second text is marked, which nothing stands in front of.
        var packed = TextPacker.Pack(
            [new LearnedText([1, 2], [true, false]), LearnedText.Whole([5]), new LearnedText([1, 2, 3, 4], [false, false, false, true]), LearnedText.Whole([])], 3);

        Assert.AreEqual("2", Shape(packed));
        Assert.AreEqual((1, 4), (packed.CutTexts, packed.LeftOut));
    }

    [TestMethod]
    public void Only_the_last_blocks_are_looked_through()
    {
        var texts = Enumerable.Repeat(Text(9), TextPacker.OpenBlocks).Prepend(Text(5)).Append(Text(5));

        StringAssert.StartsWith(Shape(TextPacker.Pack(texts, 10)), "5 9 9", StringComparison.Ordinal);
        StringAssert.StartsWith(Shape(TextPacker.Pack(texts.Skip(2).Prepend(Text(5)), 10)), "5+5 9 9", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_block_needs_room_for_a_prediction()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TextPacker.Pack([], 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new LanguageOptions { BlockSize = 1 });
    }

    private static LearnedText Text(int length) => LearnedText.Whole(new int[length]);

    private static string Shape(PackedTexts packed) =>
        string.Join(' ', packed.Blocks.Select(block => string.Join('+', block.Texts.Select(text => text.Ids.Length))));
}
