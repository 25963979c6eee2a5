using System.Text.Json;
using VkSparseGrad.ModelLoaders.Tokenizers;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class TokenizerFolderTests
{
    [TestMethod]
    [DataRow(null, 5, DisplayName = "no configuration")]
    [DataRow("""{"do_lower_case": true, "strip_accents": null}""", 5)]
    [DataRow("""{"do_lower_case": false}""", 6)]
    [DataRow("""{"do_lower_case": false, "strip_accents": true}""", 5)]
    [DataRow("""{"do_lower_case": true, "strip_accents": false}""", 6)]
    public void The_configuration_decides_on_accents(string? config, int id) =>
        CollectionAssert.AreEqual(new[] { id }, Load(config).Words("café"));

    [TestMethod]
    public void The_configuration_decides_on_Chinese_characters() =>
        CollectionAssert.AreEqual(new[] { 1 }, Load("""{"tokenize_chinese_chars": false}""").Words("中文"));

    [TestMethod]
    public void Special_tokens_may_be_words_or_objects()
    {
        var tokenizer = Load("""{"cls_token": "hello", "sep_token": {"content": "the", "lstrip": false}}""");

        CollectionAssert.AreEqual(new[] { 23, 33, 32 }, tokenizer.Encode("x", null, 9).Ids);
    }

    [TestMethod]
    [DataRow("{")]
    [DataRow("[]")]
    [DataRow("""{"do_lower_case": "yes"}""")]
    public void A_broken_configuration_is_one_line_that_names_the_file(string config)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => Load(config));

        StringAssert.Contains(error.Message, "tokenizer_config.json", StringComparison.Ordinal);
        Assert.DoesNotContain("\n", error.Message);
    }

    [TestMethod]
    public void A_folder_without_a_vocabulary_is_an_error_that_names_it()
    {
        using var folder = new TempFolder();

        var error = Assert.ThrowsExactly<FileNotFoundException>(() => WordPieceTokenizer.Load(folder.Path));

        StringAssert.Contains(error.Message, "vocab.txt", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_real_vocabulary_gives_the_reference_ids()
    {
        var tokenizer = WordPieceTokenizer.Load(RealModel.Folder);
        var golden = Path.Combine(AppContext.BaseDirectory, "golden", "minilm-hidden-states", "rows.json");
        using var rows = JsonDocument.Parse(File.ReadAllBytes(golden));
        var texts = rows.RootElement.GetProperty("texts");
        Assert.AreEqual(6, texts.GetArrayLength());

        for (var row = 0; row < texts.GetArrayLength(); row++)
        {
            var encoding = tokenizer.Encode(texts[row][0].GetString()!, texts[row][1].GetString(), 128);

            CollectionAssert.AreEqual(Ints("input_ids", row), encoding.Ids, $"row {row}");
            CollectionAssert.AreEqual(Ints("token_type_ids", row), encoding.TokenTypes, $"row {row}");
            Assert.AreEqual(row == 5, encoding.IsTruncated, $"row {row}");
        }

        int[] Ints(string name, int row) => [.. rows.RootElement.GetProperty(name)[row].EnumerateArray().Select(id => id.GetInt32())];
    }

    private static WordPieceTokenizer Load(string? config)
    {
        using var folder = new TempFolder();
        folder.Write("vocab.txt", string.Join('\n', VocW.Tokens));
        if (config is not null)
            folder.Write("tokenizer_config.json", config);
        return WordPieceTokenizer.Load(folder.Path);
    }
}
