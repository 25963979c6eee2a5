using System.Diagnostics;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Tokenizers;

namespace VkSparseGrad.Tests.Text;

/// <summary>LLaMA's tokenizer on a small vocabulary with one trap for every rule, from either kind of file. What is expected came from
/// Hugging Face's tokenizers (Tokenizers.DotNet 1.4.1) and SentencePiece 0.1.97.</summary>
[TestClass]
public sealed class LlamaTokenizerTests
{
    private static readonly int[] Hi = [1, 263];

    /// <summary>Field case 90, and further ones.</summary>
    [TestMethod]
    [DataRow("hi", new[] { 1, 263 })]
    [DataRow(" hi", new[] { 1, 259, 263 })]
    [DataRow("é", new[] { 1, 259, 198, 172 })]
    [DataRow("\U0001F600", new[] { 1, 259, 243, 162, 155, 131 })]
    [DataRow("hi</s>hi", new[] { 1, 263, 2, 263 })]
    [DataRow("hi\n", new[] { 1, 263, 13 })]
    [DataRow("  a", new[] { 1, 268, 266 })]
    [DataRow("", new[] { 1 })]
    [DataRow("hi hi", new[] { 1, 263, 263 })]
    [DataRow("hi</s> hi", new[] { 1, 263, 2, 259, 263 })]
    [DataRow("<s>hi", new[] { 1, 1, 263 })]
    [DataRow("<0x41>", new[] { 1, 259, 63, 51, 123, 55, 52, 65 })]
    [DataRow("hi  hi ", new[] { 1, 263, 259, 263, 259 })]
    [DataRow("▁hi", new[] { 1, 259, 263 })]
    [DataRow("a\0b", new[] { 1, 266, 3, 101 })]
    [DataRow(" </s> a", new[] { 1, 268, 2, 259, 266 })]
    public void Text_becomes_the_ids_of_the_reference(string text, int[] ids)
    {
        foreach (bool json in (bool[])[false, true])
        {
            using TempFolder folder = VocS.With(json);
            CollectionAssert.AreEqual(ids, VocS.Ids(folder, text), $"tokenizer.json: {json}");
        }
    }

    /// <summary>Half a surrogate pair is no character. Not a row above, since the runner does not pass it on.</summary>
    [TestMethod]
    public void Half_a_character_is_U_FFFD()
    {
        using TempFolder folder = VocS.With(json: true);
        CollectionAssert.AreEqual(new[] { 1, 266, 242, 194, 192, 101 }, VocS.Ids(folder, "a\ud83db"));
    }

    /// <summary>Without <c>legacy</c>, text behind a special token gets no space in front, and a first space counts for it.</summary>
    [TestMethod]
    [DataRow("hi", new[] { 1, 263 })]
    [DataRow(" hi", new[] { 1, 263 })]
    [DataRow("hi</s>hi", new[] { 1, 263, 2, 264 })]
    [DataRow("hi</s> hi", new[] { 1, 263, 2, 263 })]
    [DataRow("<s>hi", new[] { 1, 1, 264 })]
    [DataRow("  a", new[] { 1, 259, 266 })]
    [DataRow(" </s> a", new[] { 1, 259, 2, 266 })]
    [DataRow("", new[] { 1 })]
    public void The_newer_style_adds_fewer_spaces(string text, int[] ids)
    {
        foreach (bool json in (bool[])[false, true])
        {
            using TempFolder folder = VocS.With(json, legacy: false);
            CollectionAssert.AreEqual(ids, VocS.Ids(folder, text), $"tokenizer.json: {json}");
        }
    }

    [TestMethod]
    [DataRow("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": false}""", new[] { 1, 263, 2, 263 })]
    [DataRow("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": false}""", new[] { 1, 264, 2, 264 })]
    [DataRow("""{"type": "Metaspace", "replacement": "▁", "add_prefix_space": true, "split": false}""", new[] { 1, 263, 2, 263 })]
    [DataRow("""{"type": "Metaspace", "replacement": "▁", "add_prefix_space": false, "split": false}""", new[] { 1, 264, 2, 264 })]
    public void The_scheme_of_the_file_decides_on_spaces_in_front(string preTokenizer, int[] ids)
    {
        using TempFolder folder = VocS.WithJson(normalizer: "null", preTokenizer: preTokenizer);
        CollectionAssert.AreEqual(ids, VocS.Ids(folder, "hi</s>hi"));
    }

    [TestMethod]
    public void The_model_file_decides_on_spaces()
    {
        using TempFolder extra = VocS.WithModel(normalizer: ProtoWriter.Normalizer(removesExtraSpaces: 1));
        CollectionAssert.AreEqual(new[] { 1, 263, 263 }, VocS.Ids(extra, "  hi  hi "));
        CollectionAssert.AreEqual(new[] { 1 }, VocS.Ids(extra, "   "));
        CollectionAssert.AreEqual(new[] { 1, 266, 259, 267 }, VocS.Ids(extra, "a   ."));

        using TempFolder bare = VocS.WithModel(normalizer: ProtoWriter.Normalizer(prefix: 0));
        CollectionAssert.AreEqual(new[] { 1, 264, 263 }, VocS.Ids(bare, "hi hi"));
        Assert.AreEqual(" hi hi", LlamaTokenizer.Load(bare.Path).Decode([1, 263, 263]));

        using TempFolder configured = VocS.WithModel("""{"add_prefix_space": false}""");
        CollectionAssert.AreEqual(new[] { 1, 264, 263 }, VocS.Ids(configured, "hi hi"));
    }

    /// <summary>Field case 36: merges in one string, or as pairs. What is no merge is not joined, though the token is there.</summary>
    [TestMethod]
    public void Merges_may_be_strings_or_pairs()
    {
        using TempFolder pairs = VocS.WithJson(merges: [.. VocS.Merges.Select(merge => merge.Split(' '))]);
        CollectionAssert.AreEqual(new[] { 1, 263, 268, 266 }, VocS.Ids(pairs, "hi   a"));
        using TempFolder fewer = VocS.WithJson(merges: ["▁ hi", "h i"]);
        CollectionAssert.AreEqual(new[] { 1, 263, 259, 259, 259, 265 }, VocS.Ids(fewer, "hi   a"));
        using TempFolder broken = VocS.WithJson(merges: ["h i", "abc"]);
        LlamaTokenizerFileTests.AssertRefused(broken, VocS.Whole, "merge 2 is 'abc'");
    }

    /// <summary>Of equal scores the leftmost pair comes first, also where an earlier merge made it; and pieces whose parts are none.</summary>
    [TestMethod]
    [DataRow("qbb<aqy yaaay ", new[] { 259, 116, 261, 261, 63, 260, 116, 124, 259, 124, 266, 260, 124, 259 })]
    [DataRow("baaq q<x>", new[] { 259, 263, 260, 116, 259, 116, 63, 123, 65 })]
    [DataRow("qz xyz", new[] { 259, 267, 259, 268 })]
    public void Equal_scores_go_from_left_to_right(string text, int[] ids)
    {
        List<VocS.Piece> pieces =
        [
            .. VocS.Pieces()[..259], new("▁", -50, 1), new("a", -50, 1), new("b", -50, 1), new("ab", -1, 1), new("ba", -1, 1), new("abab", -2, 1),
            new("▁a", -3, 1), new("aa", -1, 1), new("qz", -4, 1), new("xyz", -4, 1), new("xy", -5, 1), new("aab", -6, 1), new("aabb", -6, 1),
        ];
        using TempFolder folder = VocS.WithModel(pieces: pieces);

        CollectionAssert.AreEqual(ids, VocS.Ids(folder, text)[1..]);
    }

    /// <summary>Field case 38.</summary>
    [TestMethod]
    public void Special_tokens_in_a_text_are_matched_or_plain()
    {
        foreach (bool json in (bool[])[false, true])
        {
            using TempFolder folder = VocS.With(json);
            TokenizedText plain = LlamaTokenizer.Load(folder.Path, matchSpecialTokensInText: false).Encode("hi</s>hi <unk>", null, 99);

            CollectionAssert.AreEqual(new[] { 1, 263, 2, 268, 0 }, VocS.Ids(folder, "hi</s> <unk>"));
            Assert.AreEqual(2, plain.SpecialTokensInText);
            Assert.IsTrue(plain.Ids[1..].All(id => id > 2));
        }
    }

    [TestMethod]
    [DataRow(null, new[] { 1, 263 }, new[] { 1, 263, 1, 266 })]
    [DataRow("""{"add_eos_token": true}""", new[] { 1, 263, 2 }, new[] { 1, 263, 2, 1, 266, 2 })]
    [DataRow("""{"add_bos_token": false}""", new[] { 263 }, new[] { 263, 266 })]
    [DataRow("""{"add_bos_token": false, "add_eos_token": true}""", new[] { 263, 2 }, new[] { 263, 2, 266, 2 })]
    [DataRow("""{"bos_token": {"content": "</s>"}, "eos_token": "<s>", "add_eos_token": true}""", new[] { 2, 263, 1 }, new[] { 2, 263, 1, 2, 266, 1 })]
    public void The_configuration_decides_on_begin_and_end(string? config, int[] one, int[] pair)
    {
        using TempFolder folder = VocS.WithModel(config);
        var tokenizer = LlamaTokenizer.Load(folder.Path);

        CollectionAssert.AreEqual(one, tokenizer.Encode("hi", null, 99).Ids);
        CollectionAssert.AreEqual(pair, tokenizer.Encode("hi", "a", 99).Ids);
        Assert.AreEqual(pair.Length - 2, tokenizer.ShortestPair);
        CollectionAssert.AreEqual(new[] { 263, tokenizer.EndId }, tokenizer.EncodeText("hi", addBegin: false, addEnd: true));
    }

    [TestMethod]
    public void A_pair_is_cut_and_has_no_segments()
    {
        using TempFolder folder = VocS.With(json: true);
        var tokenizer = LlamaTokenizer.Load(folder.Path);
        TokenizedText cut = tokenizer.Encode("a a a a a", "hi", 5);

        CollectionAssert.AreEqual(new[] { 1, 266, 266, 1, 263 }, cut.Ids);
        Assert.IsTrue(cut.IsTruncated && cut.TokenTypes.Length == 5 && cut.TokenTypes.All(type => type == 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => tokenizer.Encode("hi", "hi", 1));
        Assert.AreEqual((1, 2, 0, 269), (tokenizer.BeginId, tokenizer.EndId, tokenizer.UnknownId, tokenizer.IdCount));
    }

    /// <summary>Tokens beside the vocabulary may take the white space around them; those that are not special are printed.</summary>
    [TestMethod]
    public void Added_tokens_count()
    {
        object[] added =
        [
            new { id = 269, content = "<l>", lstrip = true, rstrip = false, special = true },
            new { id = 270, content = "<r>", lstrip = false, rstrip = true, special = false },
        ];
        using TempFolder json = VocS.WithJson(added: added);
        using TempFolder model = VocS.WithModel("""
            {"added_tokens_decoder": {"1": {"content": "<s>", "special": true}, "269": {"content": "<l>", "lstrip": true, "special": true},
             "270": {"content": "<r>", "rstrip": true}}}
            """);
        foreach (TempFolder folder in (TempFolder[])[json, model])
        {
            CollectionAssert.AreEqual(new[] { 1, 263, 269, 259, 263 }, VocS.Ids(folder, "hi <l> hi"));
            CollectionAssert.AreEqual(new[] { 1, 263, 259, 270, 263 }, VocS.Ids(folder, "hi <r> hi"));
            Assert.AreEqual(271, LlamaTokenizer.Load(folder.Path).IdCount);
            Assert.AreEqual("hi<r> hi", LlamaTokenizer.Load(folder.Path).Decode([1, 263, 270, 263, 269]));
        }

        using TempFolder older = VocS.WithModel();
        older.Write("added_tokens.json", """{"<pad>": 300}""");
        Assert.AreEqual(301, LlamaTokenizer.Load(older.Path).IdCount);
        CollectionAssert.AreEqual(new[] { 1, 300, 263 }, VocS.Ids(older, "<pad>hi"));
    }

    [TestMethod]
    [DataRow(new[] { 1, 263 }, "hi")]
    [DataRow(new[] { 1, 259, 263 }, " hi")]
    [DataRow(new[] { 1, 259, 259, 263 }, "  hi")]
    [DataRow(new[] { 1, 268, 263 }, "  hi")]
    [DataRow(new[] { 263, 263 }, "hi hi")]
    [DataRow(new[] { 1, 263, 2, 263 }, "hi hi")]
    [DataRow(new[] { 1, 263, 0, 263, 2 }, "hi hi")]
    [DataRow(new[] { 1, 198, 172 }, "é")]
    [DataRow(new[] { 1, 198, 172, 198 }, "é\uFFFD")]
    [DataRow(new[] { 1, 263, 198, 263 }, "hi\uFFFD hi")]
    [DataRow(new[] { 1, 243, 162, 155, 131 }, "\U0001F600")]
    [DataRow(new[] { 243, 162, 155, 68 }, "\uFFFD\uFFFD\uFFFDA")]
    [DataRow(new[] { 243, 162, 155 }, "\uFFFD\uFFFD\uFFFD")]
    [DataRow(new[] { 35, 263 }, "  hi")]
    [DataRow(new[] { 263, 5000 }, "hi")]
    [DataRow(new int[0], "")]
    public void Ids_become_text(int[] ids, string text)
    {
        foreach (bool json in (bool[])[false, true])
        {
            using TempFolder folder = VocS.With(json);
            Assert.AreEqual(text, LlamaTokenizer.Load(folder.Path).Decode(ids));
        }
    }

    [TestMethod]
    public void Text_comes_as_soon_as_its_characters_are_whole()
    {
        using TempFolder folder = VocS.With(json: false);
        var tokenizer = LlamaTokenizer.Load(folder.Path);
        IncrementalDecoder decoder = tokenizer.StartDecoding();
        string[] parts = [.. ((int[])[1, 263, 263, 243, 162, 155, 131, 198, 265, 243]).Select(decoder.Append), decoder.Flush(), decoder.Flush()];

        CollectionAssert.AreEqual(new[] { "", "hi", " hi", "", "", "", "\U0001F600", "", "\uFFFDa", "", "\uFFFD", "" }, parts);
        Assert.AreEqual(" hi", tokenizer.StartDecoding(continuesText: true).Append(263));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => decoder.Append(-1));
    }

    /// <summary>Field case 32, for characters.</summary>
    [TestMethod]
    [DataRow("b", 100_001)]
    [DataRow("hi", 100_000)]
    [DataRow(" ", 50_001)]
    public void A_word_of_100_000_letters_comes_to_an_end(string part, int count)
    {
        string text = string.Concat(Enumerable.Repeat(part, 100_000));
        foreach (bool json in (bool[])[false, true])
        {
            using TempFolder folder = VocS.With(json);
            var watch = Stopwatch.StartNew();

            Assert.HasCount(count, LlamaTokenizer.Load(folder.Path).EncodeText(text, addBegin: false));
            Assert.IsLessThan(10, watch.Elapsed.TotalSeconds);
        }
    }

    [TestMethod]
    public void The_folder_tells_a_LLaMA()
    {
        using TempFolder folder = VocS.With(json: false);
        Assert.IsFalse(LlamaConfigFile.IsIn(folder.Path));
        folder.Write("config.json", """{"model_type": "roberta"}""");
        Assert.IsFalse(LlamaConfigFile.IsIn(folder.Path));
        folder.Write("config.json", """{"model_type": "llama"}""");
        Assert.IsTrue(LlamaConfigFile.IsIn(folder.Path));
        CollectionAssert.AreEqual(Hi, VocS.Ids(folder, "hi"));
    }
}
