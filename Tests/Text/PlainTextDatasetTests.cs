using System.Text;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.ModelLoaders.Datasets.Language;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class PlainTextDatasetTests
{
    [TestMethod]
    [DataRow("a\nb\n<|endoftext|>\n\nc\n", "{a\nb}|{c}")]
    [DataRow("\uFEFF<|endoftext|>\r\na\r\nb\r\n<|endoftext|> \r\n<|endoftext|>\r\n  \r\n", "{a\nb}")]
    [DataRow("a <|endoftext|>\nb\n\n c", "{a <|endoftext|>\nb\n\n c}")]
    public void Documents_end_at_a_line_of_their_own(string content, string documents) =>
        Assert.AreEqual(documents, Documents(content));

    [TestMethod]
    public void The_separator_is_an_option()
    {
        const string Content = "a\nb\n\n\nc\n---\nd\n \n<|endoftext|>";

        Assert.AreEqual("{a\nb}|{c\n---\nd}|{<|endoftext|>}", Documents(Content, ""));
        Assert.AreEqual("{a\nb\n\n\nc}|{d\n \n<|endoftext|>}", Documents(Content, "---"));
        Assert.AreEqual($"{{{Content}}}", Documents(Content, null));
    }

    [TestMethod]
    public void Every_token_is_learned()
    {
        using var folder = new TempFolder();

        var packed = Load(folder.Write("a.txt", "abc\n<|endoftext|>\nd"), share: 0).Training.Packed;

        Assert.AreEqual((8, 6), (packed.Tokens, packed.Predicted));
    }

    [TestMethod]
    [DataRow(new byte[] { (byte)'a', (byte)'\n', (byte)'b', 0xC3, (byte)'(' }, "line 2 is not valid UTF-8 at byte 3 of the file")]
    [DataRow(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'a', 0xFF }, "line 1 is not valid UTF-8 at byte 4 of the file")]
    [DataRow(new byte[] { (byte)'a', 0, (byte)'b', 0 }, "line 1 has a NUL at byte 1 of the file")]
    [DataRow(new byte[] { (byte)'a', 0xE2, 0x82 }, "line 1 is not valid UTF-8 at byte 1 of the file")]
    [DataRow(new byte[] { (byte)'\n', (byte)' ' }, "holds no text")]
    [DataRow(new byte[0], "holds no text")]
    public void What_is_no_text_is_refused(byte[] content, string error)
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.txt", content);

        StringAssert.Contains(Assert.ThrowsExactly<DatasetException>(() => Load(path)).Message, error, StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_single_document_is_parted_at_a_line()
    {
        using var folder = new TempFolder();
        var encoder = new LetterEncoder();

        var data = PlainTextDataset.Load(
            folder.Write("a.txt", "one\ntwo\nthree\n\nfour"), encoder, new LanguageOptions { BlockSize = 100, ValidationShare = 0.25 });

        Assert.AreEqual("{one\ntwo\nthree}", encoder.Show(data.Training.Blocks.Single().Texts.Single()));
        Assert.AreEqual("{four}", encoder.Show(data.Validation.Blocks.Single().Texts.Single()));
        Assert.HasCount(0, Load(folder.Write("b.txt", "one line"), share: 0.5).Validation.Blocks);
    }

    [TestMethod]
    public void A_folder_may_have_both_files()
    {
        using var folder = new TempFolder();
        folder.Write("train.txt", "a\n<|endoftext|>\nb");
        folder.Write("validation.txt", "c");

        var data = Load(folder.Path);

        Assert.AreEqual((2, "documents"), data.Training.Counts.Single());
        Assert.AreEqual((1, "documents"), data.Validation.Counts.Single());
    }

    [TestMethod]
    public void A_line_longer_than_a_chunk_is_read_whole()
    {
        using var folder = new TempFolder();
        var line = string.Concat(Enumerable.Range(0, 50_000).Select(number => (char)('é' + (number % 7))));
        var path = folder.Write("a.txt", $"{line}\r\n{line}");

        var lines = DataLines.Read(path).Select(read => (read.Number, read.Offset, Text: Encoding.UTF8.GetString(read.Bytes.Span))).ToArray();

        CollectionAssert.AreEqual(new[] { (1, 0L, line), (2, 100_002L, line) }, lines);
    }

    [TestMethod]
    public void A_line_beyond_the_limit_is_passed_over()
    {
        using var folder = new TempFolder();
        var path = folder.Write("a.txt", "12345\n123456\n1\n");

        var lines = DataLines.Read(path, longest: 5).Select(read => (read.Number, read.IsTooLong, read.Bytes.Length)).ToArray();

        CollectionAssert.AreEqual(new[] { (1, false, 5), (2, true, 0), (3, false, 1) }, lines);
    }

    [TestMethod]
    [DataRow("tinystories_sample.txt", PlainTextDataset.EndOfText, 5)]
    [DataRow("tinystories.txt", PlainTextDataset.EndOfText, 1)]
    [DataRow("tinystories.txt", "", 1230)]
    public void Real_stories_are_read_whole(string file, string separator, int documents)
    {
        var path = SharedFolder.Require("data", "tinystories", file);

        var data = PlainTextDataset.Load(path, new LetterEncoder(4), new LanguageOptions { BlockSize = 256, ValidationShare = 0 }, separator);

        Assert.AreEqual((documents, "documents"), data.Training.Counts.Single());
    }

    private static string Documents(string content, string? separator = PlainTextDataset.EndOfText)
    {
        using var folder = new TempFolder();
        var encoder = new LetterEncoder();
        var data = PlainTextDataset.Load(folder.Write("a.txt", content), encoder, new LanguageOptions { BlockSize = 100, ValidationShare = 0 }, separator);
        return string.Join('|', data.Training.Blocks.SelectMany(block => block.Texts).Select(encoder.Show));
    }

    private static LanguageDataset Load(string path, double share = 0.1) =>
        PlainTextDataset.Load(path, new LetterEncoder(), new LanguageOptions { BlockSize = 100, ValidationShare = share });
}
