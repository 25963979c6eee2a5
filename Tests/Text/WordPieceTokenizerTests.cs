using System.Diagnostics;
using VkSparseGrad.ModelLoaders.Tokenizers;

namespace VkSparseGrad.Tests.Text;

/// <summary>Ids here come from Hugging Face's Rust library, run over the same vocabulary.</summary>
[TestClass]
public sealed class WordPieceTokenizerTests
{
    private const char ReplacementCharacter = '\uFFFD';

    [TestMethod]
    [DataRow("café", 5)]
    [DataRow("cafe\u0301", 5)]
    [DataRow("CAFÉ", 5)]
    [DataRow("\u0130", 48)]
    [DataRow("ß", 49)]
    [DataRow("\u1E9E", 49, DisplayName = "capital sharp s")]
    [DataRow("STRASSE", 51)]
    [DataRow("Résumé", 35)]
    [DataRow("naïve", 42)]
    [DataRow("e\u0301\u0323", 15)]
    public void Lower_casing_takes_accents_off(string text, int id) =>
        CollectionAssert.AreEqual(new[] { id }, VocW.Uncased.Words(text));

    [TestMethod]
    [DataRow("café", 6)]
    [DataRow("cafe\u0301", 1)]
    [DataRow("\u0130", 47)]
    [DataRow("Résumé", 1)]
    public void Cased_text_keeps_its_accents(string text, int id) =>
        CollectionAssert.AreEqual(new[] { id }, VocW.Cased.Words(text));

    [TestMethod]
    public void Accents_can_be_kept_while_lower_casing_and_dropped_while_not()
    {
        var vocabulary = new Vocabulary(VocW.Tokens);
        var kept = new WordPieceTokenizer(vocabulary, new WordPieceOptions { StripAccents = false });
        var dropped = new WordPieceTokenizer(vocabulary, new WordPieceOptions { Lowercase = false, StripAccents = true });

        CollectionAssert.AreEqual(new[] { 6 }, kept.Words("CAFÉ"));
        CollectionAssert.AreEqual(new[] { 5 }, dropped.Words("café"));
    }

    [TestMethod]
    public void Hangul_syllables_fall_into_their_letters()
    {
        var letters = new WordPieceTokenizer(new Vocabulary([.. VocW.Tokens, "\u1112\u1161\u11AB\u1100\u1173"]), new WordPieceOptions());

        CollectionAssert.AreEqual(new[] { VocW.Tokens.Length }, letters.Words("한그"));
    }

    [TestMethod]
    [DataRow("\n")]
    [DataRow("\t")]
    [DataRow("\r\n")]
    [DataRow("\u00A0")]
    [DataRow("\u2028")]
    [DataRow("\u3000")]
    public void White_space_separates_words(string between) =>
        CollectionAssert.AreEqual(new[] { 7, 8 }, VocW.Uncased.Words($"note{between}book"));

    [TestMethod]
    [DataRow(0x0)]
    [DataRow(0xAD)]
    [DataRow(0x200B)]
    [DataRow(0x85)]
    [DataRow(0xFFFD)]
    [DataRow(0xE000)]
    public void Control_and_format_characters_vanish(int code) =>
        CollectionAssert.AreEqual(new[] { 9 }, VocW.Uncased.Words($"note{(char)code}book"));

    [TestMethod]
    public void Half_a_surrogate_pair_vanishes_as_the_replacement_character_does()
    {
        CollectionAssert.AreEqual(new[] { 9 }, VocW.Uncased.Words("note" + '\uD800' + "book"));
        CollectionAssert.AreEqual(new[] { 9 }, VocW.Uncased.Words("note" + ReplacementCharacter + "book"));
    }

    [TestMethod]
    [DataRow("point™", 1)]
    [DataRow("pointq", 1)]
    [DataRow("™", 40)]
    [DataRow("hello\U0001F600", 1)]
    public void A_word_with_an_unknown_tail_is_one_unknown(string text, int id) =>
        CollectionAssert.AreEqual(new[] { id }, VocW.Uncased.Words(text));

    [TestMethod]
    public void Pieces_are_the_longest_that_fit()
    {
        CollectionAssert.AreEqual(new[] { 9, 22 }, VocW.Uncased.Words("notebooks"));
        CollectionAssert.AreEqual(new[] { 32, 8, 29, 1, 20, 31 }, VocW.Uncased.Words("The Book's end!"));
    }

    [TestMethod]
    [DataRow("中文", new[] { 25, 26 })]
    [DataRow("a中b", new[] { 11, 25, 13 })]
    public void Chinese_characters_are_words(string text, int[] ids) =>
        CollectionAssert.AreEqual(ids, VocW.Uncased.Words(text));

    [TestMethod]
    public void Chinese_characters_stay_in_their_word_where_the_option_is_off()
    {
        var tokenizer = new WordPieceTokenizer(new Vocabulary(VocW.Tokens), new WordPieceOptions { SplitChineseCharacters = false });

        CollectionAssert.AreEqual(new[] { 1 }, tokenizer.Words("a中b"));
    }

    [TestMethod]
    public void Words_over_a_hundred_characters_are_unknown()
    {
        var spelt = VocW.Uncased.Words(new string('a', 100));
        Assert.HasCount(100, spelt);
        Assert.AreEqual(11, spelt[0]);
        Assert.IsTrue(spelt[1..].All(id => id == 12));
        CollectionAssert.AreEqual(new[] { 1 }, VocW.Uncased.Words(new string('a', 101)));
    }

    [TestMethod]
    public void Word_length_counts_characters_not_UTF16_units()
    {
        var emoji = string.Concat(Enumerable.Repeat("\U0001F600", 60));
        var tokenizer = new WordPieceTokenizer(new Vocabulary([.. VocW.Tokens, emoji]), new WordPieceOptions());

        CollectionAssert.AreEqual(new[] { VocW.Tokens.Length }, tokenizer.Words(emoji));
        CollectionAssert.AreEqual(
            Enumerable.Repeat(27, 60).ToArray(),
            VocW.Uncased.Words(string.Concat(Enumerable.Repeat("\U00020000", 60))));
    }

    [TestMethod]
    public void A_word_of_a_million_letters_takes_well_under_a_second()
    {
        var word = new string('a', 1_000_000);
        var watch = Stopwatch.StartNew();

        CollectionAssert.AreEqual(new[] { 1 }, VocW.Uncased.Words(word));

        // Linear time is near 0.1 s; quadratic would be hours.
        Assert.IsLessThan(TimeSpan.FromSeconds(3), watch.Elapsed);
    }

    [TestMethod]
    [DataRow("hello [SEP] the", new[] { 23, 3, 32 }, 1)]
    [DataRow("hello[SEP]the", new[] { 23, 3, 32 }, 1)]
    [DataRow("hello [sep] the", new[] { 23, 43, 45, 44, 32 }, 0)]
    [DataRow("[[SEP]]", new[] { 43, 3, 44 }, 1)]
    [DataRow("[MASK]hello[CLS]", new[] { 4, 23, 2 }, 2)]
    public void Special_tokens_in_text_match_the_reference(string text, int[] ids, int count)
    {
        CollectionAssert.AreEqual(ids, VocW.Uncased.Words(text));
        Assert.AreEqual(count, VocW.Uncased.Encode(text, null, 99).SpecialTokensInText);
    }

    [TestMethod]
    public void Special_tokens_in_text_can_be_plain_text()
    {
        var plain = new WordPieceTokenizer(new Vocabulary(VocW.Tokens), new WordPieceOptions { MatchSpecialTokensInText = false });

        var encoding = plain.Encode("hello [SEP] the", "[SEP]", 99);

        CollectionAssert.AreEqual(new[] { 2, 23, 43, 45, 44, 32, 3, 43, 45, 44, 3 }, encoding.Ids);
        Assert.AreEqual(2, encoding.SpecialTokensInText);
    }

    [TestMethod]
    [DataRow("[CLS]")]
    [DataRow("[SEP]")]
    [DataRow("[UNK]")]
    [DataRow("[PAD]")]
    public void A_vocabulary_without_a_needed_token_is_refused(string token)
    {
        var vocabulary = new Vocabulary(VocW.Tokens.Where(other => other != token));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => new WordPieceTokenizer(vocabulary, new WordPieceOptions()));

        StringAssert.Contains(error.Message, token, StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_vocabulary_without_a_mask_is_enough()
    {
        var tokenizer = new WordPieceTokenizer(new Vocabulary(VocW.Tokens.Select(token => token == "[MASK]" ? "mask" : token)), new WordPieceOptions());

        CollectionAssert.AreEqual(new[] { 43, 4, 44 }, tokenizer.Words("[MASK]"));
    }
}
