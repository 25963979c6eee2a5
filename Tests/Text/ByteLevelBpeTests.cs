using System.Diagnostics;
using System.Text;
using System.Text.Json;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Tokenizers;

namespace VkSparseGrad.Tests.Text;

/// <summary>RoBERTa's tokenizer on a small vocabulary with one trap for every rule, and on the real one.</summary>
[TestClass]
public sealed class ByteLevelBpeTests
{
    private static readonly string[] Merges = ["h i", "Ġ hi", "Ġ t", "' t", "# #", "Ġ a"];

    /// <summary>Field case 37.</summary>
    [TestMethod]
    [DataRow("hi hi", new[] { 261, 262 })]
    [DataRow(" hi hi", new[] { 262, 262 })]
    [DataRow("hi  hi", new[] { 261, 37, 262 })]
    [DataRow("  't", new[] { 37, 37, 44, 121 })]
    [DataRow(" 't", new[] { 37, 44, 121 })]
    [DataRow("'t", new[] { 264 })]
    [DataRow("hi\n", new[] { 261, 15 })]
    [DataRow("hi\u00A0hi", new[] { 261, 5 + 0xC2, 5 + 0xA0, 261 })]
    [DataRow("é", new[] { 200, 174 })]
    [DataRow("\U0001F600", new[] { 245, 164, 157, 133 })]
    [DataRow("", new int[0])]
    public void Text_is_split_and_merged_as_in_the_reference(string text, int[] ids)
    {
        using TempFolder folder = Folder();
        CollectionAssert.AreEqual(ids, Words(folder, text));
    }

    /// <summary>A letter outside the first plane is a letter: it stays in one word with its neighbours, so that the merge in the
    /// middle of the word is found and the space goes with it.</summary>
    [TestMethod]
    [DataRow("\U0001D400\U0001D401", 1)]
    [DataRow("a\U0001D400", 1)]
    [DataRow("a\U0001F600", 2)]
    [DataRow("\U0001D7CE1", 1)]
    [DataRow(" \U0001D400 \U0001F600", 2)]
    [DataRow("a1", 2)]
    [DataRow("I'll'd", 3)]
    [DataRow("a \t b", 3)]
    [DataRow("\ud835a", 2)]
    public void Words_are_those_of_the_expression(string text, int words) =>
        Assert.AreEqual(words, new Gpt2PreTokenizer().PreTokenize(text).Count());

    /// <summary>Field case 35: what a line of merges may look like.</summary>
    [TestMethod]
    [DataRow("#version: 0.2\n", "\n", "\n")]
    [DataRow("", "\n", "\n")]
    [DataRow("#version: 0.2\n", "\n", "")]
    [DataRow("\uFEFF#version: 0.2\n", "\n", "\n")]
    [DataRow("#version: 0.2\r\n", "\r\n", "\r\n")]
    public void Every_line_of_merges_counts(string head, string newline, string end)
    {
        using TempFolder folder = Folder();
        File.WriteAllText(folder.File("merges.txt"), head + string.Join(newline, Merges) + end);

        CollectionAssert.AreEqual(new[] { 102, 265, 37, 103 }, Words(folder, "a## b"));
    }

    [TestMethod]
    [DataRow("h i\na b c", "line 2 is 'a b c', expected two tokens")]
    [DataRow("h i\n\nĠ hi", "line 2 is '', expected two tokens")]
    [DataRow("h i\nh  i", "line 2")]
    [DataRow("h i\nĠ hi\nh i", "line 3 is 'h i', as is line 1")]
    [DataRow("x y", "line 1 needs the token 'xy', which the vocabulary lacks")]
    public void A_bad_line_of_merges_is_named(string merges, string message)
    {
        using TempFolder folder = Folder();
        File.WriteAllText(folder.File("merges.txt"), merges);

        AssertRefused(folder, "merges.txt", message);
    }

    /// <summary>Field case 36: merges in one string, or as pairs.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void One_file_may_hold_all(bool asPairs)
    {
        using TempFolder folder = Folder();
        object[] merges = asPairs ? [.. Merges.Select(merge => merge.Split(' '))] : [.. Merges];
        WriteWhole(folder, merges);

        CollectionAssert.AreEqual(new[] { 261, 262, 265, 266 }, Words(folder, "hi hi## a"));
    }

    /// <summary>Special tokens that the one file has beside its vocabulary.</summary>
    [TestMethod]
    public void Added_tokens_count()
    {
        using TempFolder folder = Folder();
        void Write(object added) => WriteWhole(folder, [.. Merges], Vocabulary().Where(item => item.Value > 4), added);

        Write(Vocabulary().Where(item => item.Value <= 4).Select(item => new { id = item.Value, content = item.Key }));
        CollectionAssert.AreEqual(new[] { 261, 4, 262 }, Words(folder, "hi <mask> hi"));
        Write(new[] { new { id = 5, content = "<s>" } });
        AssertRefused(folder, "tokenizer.json", "the added token '<s>' has the id 5");
        Write(new[] { new { content = "<s>" } });
        AssertRefused(folder, "tokenizer.json", "an added token has no content or no id");
        Write(7);
        AssertRefused(folder, "tokenizer.json", "added_tokens is not a list");
    }

    [TestMethod]
    public void A_bad_merge_in_the_one_file_is_named()
    {
        using TempFolder folder = Folder();
        WriteWhole(folder, ["h i", "abc"]);
        AssertRefused(folder, "tokenizer.json", "merge 2 is 'abc'");
        WriteWhole(folder, [(string[])["h i", "x"]]);
        AssertRefused(folder, "tokenizer.json", "merge 1 is 'h i x'");
        WriteWhole(folder, [7]);
        AssertRefused(folder, "tokenizer.json", "merge 1");
        File.WriteAllText(folder.File("tokenizer.json"), """{"model": {"vocab": []}}""");
        AssertRefused(folder, "tokenizer.json", "another kind of tokenizer");
        File.Delete(folder.File("tokenizer.json"));
        AssertRefused(folder, folder.Path, "neither vocab.json with merges.txt nor tokenizer.json");
    }

    [TestMethod]
    [DataRow("\"h\": 109", "\"h\": -1", "the id of 'h'")]
    [DataRow("\"h\": 109", "\"h\": \"109\"", "the id of 'h'")]
    [DataRow("\"h\": 109", "\"h\": 2147483647", "the id of 'h'")]
    [DataRow("\"h\": 109", "\"h\": 108", "'g' and 'h' have the same id 108")]
    [DataRow("\"h\": 109", "\"h\": 109, \"\": 300", "a token is empty")]
    [DataRow("\"h\": 109", "\"h\": 109, \"\\ud800\": 300", "a token is not valid Unicode")]
    [DataRow("\"\\u003C/s\\u003E\": 2", "\"\\u003C/t\\u003E\": 2", "lacks '</s>'")]
    public void A_bad_vocabulary_is_named(string old, string replacement, string message)
    {
        using TempFolder folder = Folder();
        string vocabulary = File.ReadAllText(folder.File("vocab.json"));
        Assert.Contains(old, vocabulary);
        File.WriteAllText(folder.File("vocab.json"), vocabulary.Replace(old, replacement, StringComparison.Ordinal));

        AssertRefused(folder, folder.Path, message);
    }

    /// <summary>Field case 38.</summary>
    [TestMethod]
    public void Special_tokens_in_a_text_are_matched_or_plain()
    {
        using TempFolder folder = Folder();
        TokenizedText plain = ByteLevelBpeTokenizer.Load(folder.Path, matchSpecialTokensInText: false).Encode("hi</s>hi <mask>", null, 99);

        CollectionAssert.AreEqual(new[] { 261, 2, 261 }, Words(folder, "hi</s>hi"));
        CollectionAssert.AreEqual(new[] { 261, 4, 262 }, Words(folder, "hi <mask> hi"));
        CollectionAssert.AreEqual(new[] { 261, 37, 2, 262 }, Words(folder, "hi </s> hi"));
        Assert.AreEqual(2, plain.SpecialTokensInText);
        Assert.IsTrue(plain.Ids[1..^1].All(id => id > 4));
    }

    /// <summary>Field case 39: four special tokens around a pair, two of them in the middle, and no segments.</summary>
    [TestMethod]
    public void A_pair_has_two_separators_between()
    {
        using TempFolder folder = Folder();
        var tokenizer = ByteLevelBpeTokenizer.Load(folder.Path);

        TokenizedText cut = tokenizer.Encode("bbbbbbbbb", "cc", 10);
        CollectionAssert.AreEqual(new[] { 0, 103, 103, 103, 103, 2, 2, 104, 104, 2 }, cut.Ids);
        Assert.IsTrue(cut.IsTruncated && cut.TokenTypes.Length == 10 && cut.TokenTypes.All(type => type == 0));
        CollectionAssert.AreEqual(new[] { 0, 2, 2, 2 }, tokenizer.Encode("", "", 4).Ids);
        CollectionAssert.AreEqual(new[] { 0, 261, 2 }, tokenizer.Encode("hi", null, 99).Ids);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => tokenizer.Encode("hi", "hi", 3));
        Assert.AreEqual(267, tokenizer.IdCount);
    }

    [TestMethod]
    public void The_configuration_may_ask_for_a_space_in_front()
    {
        using TempFolder folder = Folder();
        File.WriteAllText(folder.File("tokenizer_config.json"), """{"add_prefix_space": true}""");

        CollectionAssert.AreEqual(new[] { 262, 262 }, Words(folder, "hi hi"));
        CollectionAssert.AreEqual(new[] { 262 }, Words(folder, " hi"));
        CollectionAssert.AreEqual(new[] { 37, 15, 261 }, Words(folder, "\nhi"));
        CollectionAssert.AreEqual(Array.Empty<int>(), Words(folder, ""));
    }

    /// <summary>A special token that is empty would be found everywhere, again and again.</summary>
    [TestMethod]
    [DataRow("""{"mask_token": ""}""", "mask_token is empty")]
    [DataRow("""{"cls_token": {}}""", "is not a tokenizer configuration")]
    public void A_bad_configuration_is_named(string config, string message)
    {
        using TempFolder folder = Folder();
        File.WriteAllText(folder.File("tokenizer_config.json"), config);

        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(() => ByteLevelBpeTokenizer.Load(folder.Path));
        Assert.Contains("tokenizer_config.json", error.Message);
        Assert.Contains(message, error.Message);
    }

    [TestMethod]
    public void A_file_that_is_too_large_is_not_read()
    {
        using TempFolder folder = Folder();
        using (FileStream merges = File.OpenWrite(folder.File("merges.txt")))
            merges.SetLength(17 << 20);

        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(() => ByteLevelBpeTokenizer.Load(folder.Path));
        Assert.Contains("merges.txt' has 17825792 bytes", error.Message);
    }

    /// <summary>Field case 32, for byte pair encoding.</summary>
    [TestMethod]
    public void A_word_of_100_000_letters_comes_to_an_end()
    {
        using TempFolder folder = Folder();
        var watch = Stopwatch.StartNew();

        Assert.HasCount(100_000, Words(folder, new string('b', 100_000)));
        Assert.IsLessThan(60, watch.Elapsed.TotalSeconds);
    }

    [TestMethod]
    public void The_real_vocabulary_gives_the_reference_ids()
    {
        var tokenizer = ByteLevelBpeTokenizer.Load(SharedFolder.Require("models", "roberta-base-tokenizer"));

        CollectionAssert.AreEqual(new[] { 0, 31414, 232, 2 }, tokenizer.Encode("Hello world", null, 9).Ids);
        CollectionAssert.AreEqual(new[] { 0, 20920, 232, 2 }, tokenizer.Encode(" Hello world", null, 9).Ids);
        CollectionAssert.AreEqual(
            new[] { 0, 31414, 232, 328, 740, 1140, 12695, 69, 46078, 1588, 2 }, tokenizer.Encode("Hello world! cécé herlolip", null, 99).Ids);
        Assert.AreEqual(50265, tokenizer.IdCount);
    }

    /// <summary>The letter that GPT-2's table gives to a byte.</summary>
    private static char Letter(int value) => value is >= 33 and <= 126 or >= 161 and <= 172 or >= 174
        ? (char)value
        : (char)(256 + Enumerable.Range(0, value).Count(earlier => earlier is < 33 or > 126 and < 161 or 173));

    private static Dictionary<string, int> Vocabulary()
    {
        string[] tokens =
        [
            "<s>", "<pad>", "</s>", "<unk>", "<mask>", .. Enumerable.Range(0, 256).Select(value => Letter(value).ToString()),
            "hi", "Ġhi", "Ġt", "'t", "##", "Ġa",
        ];
        return tokens.Select((token, id) => (token, id)).ToDictionary(item => item.token, item => item.id);
    }

    private static TempFolder Folder()
    {
        var folder = new TempFolder();
        string json = "{" + string.Join(", ", Vocabulary().Select(item => $"{JsonSerializer.Serialize(item.Key)}: {item.Value}")) + "}";
        File.WriteAllText(folder.File("vocab.json"), json, new UTF8Encoding(false));
        File.WriteAllText(folder.File("merges.txt"), "#version: 0.2\n" + string.Join('\n', Merges) + "\n");
        return folder;
    }

    private static void WriteWhole(
        TempFolder folder, object[] merges, IEnumerable<KeyValuePair<string, int>>? vocabulary = null, object? added = null)
    {
        File.Delete(folder.File("merges.txt"));
        var vocab = new Dictionary<string, int>(vocabulary ?? Vocabulary());
        File.WriteAllText(folder.File("tokenizer.json"), JsonSerializer.Serialize(new { model = new { vocab, merges }, added_tokens = added }));
    }

    private static int[] Words(TempFolder folder, string text) =>
        ByteLevelBpeTokenizer.Load(folder.Path).Encode(text, null, int.MaxValue).Ids[1..^1];

    private static void AssertRefused(TempFolder folder, string file, string message)
    {
        ModelFolderException error = Assert.ThrowsExactly<ModelFolderException>(() => ByteLevelBpeTokenizer.Load(folder.Path));
        Assert.Contains(file, error.Message);
        Assert.Contains(message, error.Message);
        Assert.DoesNotContain("\n", error.Message);
    }
}
