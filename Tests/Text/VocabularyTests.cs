using System.Text;
using VkSparseGrad.ModelLoaders.Tokenizers;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class VocabularyTests
{
    private static readonly string[] Separators = ["[PAD]", "[UNK]", "a", "\u2028", "b", "\u0085", "c"];

    [TestMethod]
    [DataRow("\n", true)]
    [DataRow("\n", false)]
    [DataRow("\r\n", true)]
    [DataRow("\r\n", false)]
    public void Only_line_feeds_end_lines(string newLine, bool final)
    {
        var vocabulary = Read(string.Join(newLine, Separators) + (final ? newLine : ""));

        CollectionAssert.AreEqual(Separators, vocabulary.Tokens.ToArray());
        Assert.IsTrue(vocabulary.TryGetId("c", out var id));
        Assert.AreEqual(6, id);
    }

    [TestMethod]
    public void Nothing_is_trimmed_but_one_carriage_return()
    {
        string[] expected = [" a ", "\u00A0", "b\rc", "d\r"];

        CollectionAssert.AreEqual(expected, Read(" a \n\u00A0\nb\rc\nd\r\r\n").Tokens.ToArray());
    }

    [TestMethod]
    public void A_byte_order_mark_is_no_part_of_the_first_token() => Assert.AreEqual("[PAD]", Read("\uFEFF[PAD]\na").Tokens[0]);

    [TestMethod]
    public void The_later_of_two_equal_tokens_counts()
    {
        var vocabulary = Read("a\nb\na\n");

        Assert.AreEqual(3, vocabulary.Count);
        Assert.IsTrue(vocabulary.TryGetId("a", out var id));
        Assert.AreEqual(2, id);
    }

    [TestMethod]
    [DataRow("a\n\nb\n", "line 2 is empty")]
    [DataRow("a\r\n\r\nb\r\n", "line 2 is empty")]
    [DataRow("a\nb\n\n", "line 3 is empty")]
    [DataRow("", "is empty")]
    public void Empty_lines_and_files_are_errors(string content, string expected)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => Read(content));

        StringAssert.Contains(error.Message, expected, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Bytes_that_are_not_UTF8_are_an_error_with_their_line()
    {
        using var folder = new TempFolder();
        var path = folder.Write("vocab.txt", [.. "a\nb"u8, 0xFF, .. "\n"u8]);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Vocabulary.Read(path));

        StringAssert.Contains(error.Message, "line 2", StringComparison.Ordinal);
    }

    private static Vocabulary Read(string content)
    {
        using var folder = new TempFolder();
        return Vocabulary.Read(folder.Write("vocab.txt", Encoding.UTF8.GetBytes(content)));
    }
}
