using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Tokenizers;

namespace VkSparseGrad.Tests.Text;

/// <summary>Files of LLaMA's tokenizer that are damaged, hostile or of another kind.</summary>
[TestClass]
public sealed class LlamaTokenizerFileTests
{
    [TestMethod]
    public void A_model_file_that_is_cut_off_is_refused_or_lacks_something()
    {
        using TempFolder folder = VocS.WithModel();
        byte[] whole = File.ReadAllBytes(folder.File(VocS.Model));
        // Between two pieces the end is not seen, but then the training's message is missing.
        for (int length = 0; length < whole.Length - ProtoWriter.Bytes(3, ProtoWriter.Normalizer()).Length; length += 1 + (length / 40))
        {
            folder.Write(VocS.Model, whole[..length]);
            AssertRefused(folder, VocS.Model, "");
        }
    }

    /// <summary>Whatever byte is changed, the file loads or is refused in one line.</summary>
    [TestMethod]
    public void A_model_file_that_is_damaged_does_no_other_harm()
    {
        using TempFolder folder = VocS.WithModel();
        byte[] whole = File.ReadAllBytes(folder.File(VocS.Model));
        var random = new Random(1);
        for (int trial = 0; trial < 600; trial++)
        {
            byte[] damaged = [.. whole];
            for (int change = 0; change <= trial % 3; change++)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            folder.Write(VocS.Model, damaged);
            try
            {
                VocS.Ids(folder, "hi é");
            }
            catch (ModelFolderException e)
            {
                Assert.DoesNotContain("\n", e.Message);
                Assert.Contains(folder.Path, e.Message);
            }
        }
    }

    [TestMethod]
    [DataRow("version https://git-lfs.github.com/spec/v1\n", "this is not a SentencePiece model")]
    [DataRow("\n\u0005\n\u0003abc\u0008\u0001", "field 1 is of wire type 0, expected 2")]
    [DataRow("\n\u0007\n\u0003abc\u0010\u0001", "field 2 is of wire type 0, expected 5")]
    [DataRow("\n\u0007\n\u0003abc\u001A\u0000", "field 3 is of wire type 2, expected 0")]
    [DataRow("\n\u007F\n\u0003abc", "cut off")]
    [DataRow("\n\u0005\n\u007Fabc", "cut off")]
    [DataRow("\u0000\u0000", "this is not a SentencePiece model")]
    [DataRow("", "the file has no pieces")]
    public void Bytes_that_are_no_model_are_refused(string content, string message)
    {
        using var folder = new TempFolder();
        folder.Write(VocS.Model, content);
        AssertRefused(folder, VocS.Model, message);
    }

    /// <summary>A length far beyond the file asks for no memory.</summary>
    [TestMethod]
    [DataRow((long)int.MaxValue)]
    [DataRow(-1L)]
    [DataRow((1L << 40) + 4000)]
    public void A_length_beyond_the_file_is_refused(long length)
    {
        using var folder = new TempFolder();
        folder.Write(VocS.Model, [10, .. ProtoWriter.Varint(length), 10, 1, 65]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        AssertRefused(folder, VocS.Model, "this is not a SentencePiece model");
        Assert.IsLessThan(8 << 20, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void Bad_pieces_are_named()
    {
        AssertModel(pieces => pieces.Add(new("hi", 0, 1)), "the pieces 264 and 269 are both 'hi'");
        AssertModel(pieces => pieces.Add(new("</s>", 0, 1)), "the pieces 2 and 269 are both '</s>'");
        AssertModel(pieces => pieces[0] = new("<unk>", 0, 3), "no piece is of the type unknown");
        AssertModel(pieces => pieces[1] = new("<S>", 0, 3), "lacks '<s>'");
        AssertModel(pieces => pieces[70] = new("<x>", 0, 6), "the vocabulary lacks '<0x43>'");
        AssertModel(pieces => pieces[70] = new("<0x43>", 0, 1), "the vocabulary lacks '<0x43>'");
        AssertModel(pieces => pieces.Add(new("", 0, 1)), "piece 269 is empty");
        AssertModel(pieces => pieces.Add(new("x", float.NaN, 1)), "the score of piece 269, 'x', is not a number");
        AssertModel(pieces => pieces.Add(new("x", 0, 5)), "piece 269, 'x', is of type 5");
        AssertModel(pieces => pieces.Add(new("x", 0, -7)), "piece 269, 'x', is of type -7");
        AssertModel(pieces => pieces.RemoveRange(259, 10), "no piece is text");

        using TempFolder folder = VocS.WithModel();
        folder.Write(VocS.Model, [.. File.ReadAllBytes(folder.File(VocS.Model)), .. ProtoWriter.Bytes(1, ProtoWriter.Bytes(1, [0xC3, 0x28]))]);
        AssertRefused(folder, VocS.Model, "piece 269 is not valid UTF-8");
    }

    [TestMethod]
    [DataRow(1, "the model is unigram")]
    [DataRow(4, "the model is character")]
    [DataRow(-3, "the model is -3")]
    public void Other_kinds_of_model_are_refused(int type, string message)
    {
        using TempFolder folder = VocS.WithModel(training: ProtoWriter.Training(type));
        AssertRefused(folder, VocS.Model, message);
    }

    [TestMethod]
    public void Rules_that_are_not_supported_are_refused()
    {
        using TempFolder lossy = VocS.WithModel(training: ProtoWriter.Training(byteFallback: 0));
        AssertRefused(lossy, VocS.Model, "byte_fallback is off");
        using TempFolder behind = VocS.WithModel(training: ProtoWriter.Training(marksBehind: 1));
        AssertRefused(behind, VocS.Model, "in front of words");
        using TempFolder unmarked = VocS.WithModel(normalizer: ProtoWriter.Normalizer(marks: 0));
        AssertRefused(unmarked, VocS.Model, "in front of words");
        using TempFolder changing = VocS.WithModel(normalizer: [.. ProtoWriter.Normalizer(), .. ProtoWriter.Bytes(2, [1, 2, 3])]);
        AssertRefused(changing, VocS.Model, "the normaliser changes characters");
    }

    [TestMethod]
    [DataRow("""{"type": "NFKC"}""", "null", "the normalizer")]
    [DataRow("""{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "x"}]}""", "null", "the normalizer")]
    [DataRow("7", "null", "the normalizer")]
    [DataRow("null", """{"type": "ByteLevel"}""", "the pre_tokenizer")]
    [DataRow("null", """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}""", "the pre_tokenizer")]
    [DataRow("null", """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "last", "split": false}""", "the pre_tokenizer")]
    [DataRow("null", "null", "neither the normalizer nor the pre_tokenizer")]
    public void Other_rules_for_spaces_are_refused(string normalizer, string preTokenizer, string message)
    {
        using TempFolder folder = VocS.WithJson(normalizer: normalizer, preTokenizer: preTokenizer);
        AssertRefused(folder, VocS.Whole, message);
    }

    [TestMethod]
    [DataRow("\"byte_fallback\": true", "\"byte_fallback\": false", "Llama 3's is of another kind")]
    [DataRow("\"byte_fallback\": true", "\"ignore_merges\": false", "Llama 3's is of another kind")]
    [DataRow("\"byte_fallback\": true", "\"byte_fallback\": true, \"ignore_merges\": true", "model.ignore_merges is 'true'")]
    [DataRow("\"byte_fallback\": true", "\"byte_fallback\": true, \"dropout\": 0.1", "model.dropout is '0.1'")]
    [DataRow("0x41", "0x4G", "the vocabulary lacks '<0x41>'")]
    [DataRow("\"vocab\": {", "\"vocab\": [], \"x\": {", "another kind of tokenizer")]
    [DataRow("\"merges\": [", "\"x\": [", "another kind of tokenizer")]
    [DataRow("\"merges\": [", "\"merges\": [\"a i\", ", "merge 1 needs the token 'ai'")]
    [DataRow("\"added_tokens\": null", "\"added_tokens\": [{\"id\": 300, \"content\": \"\"}]", "an added token is empty")]
    [DataRow("\"added_tokens\": null", "\"added_tokens\": [{\"id\": 3, \"content\": \"<s>\"}]", "the added token '<s>' has the id 3")]
    [DataRow("{", "{{", "not valid JSON")]
    public void A_bad_tokenizer_json_is_named(string old, string replacement, string message)
    {
        using TempFolder folder = VocS.WithJson();
        string content = File.ReadAllText(folder.File(VocS.Whole));
        Assert.Contains(old, content);
        folder.Write(VocS.Whole, content.Replace(old, replacement, StringComparison.Ordinal));

        AssertRefused(folder, VocS.Whole, message);
    }

    [TestMethod]
    [DataRow("""{"added_tokens_decoder": {"x": {"content": "<pad>"}}}""", "added_tokens_decoder has 'x' for an id")]
    [DataRow("""{"added_tokens_decoder": {"300": {}}}""", "the added token 300 has no content")]
    [DataRow("""{"added_tokens_decoder": {"300": {"content": ""}}}""", "content is empty")]
    [DataRow("""{"added_tokens_decoder": []}""", "is not a tokenizer configuration")]
    [DataRow("""{"legacy": "no"}""", "is not a tokenizer configuration")]
    public void A_bad_configuration_is_named(string config, string message)
    {
        using TempFolder folder = VocS.WithModel(config);

        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(() => LlamaTokenizer.Load(folder.Path));
        Assert.Contains(VocS.Config, error.Message);
        Assert.Contains(message, error.Message);
    }

    [TestMethod]
    public void Files_that_do_not_belong_together_are_refused()
    {
        using TempFolder configured = VocS.WithModel("""{"added_tokens_decoder": {"263": {"content": "<pad>"}}}""");
        AssertRefused(configured, VocS.Config, "the added token '<pad>' has the id 263");
        using TempFolder folder = VocS.WithModel();
        folder.Write("added_tokens.json", """{"<pad>": 1}""");
        AssertRefused(folder, "added_tokens.json", "the added token '<pad>' has the id 1");
        File.Delete(folder.File(VocS.Model));
        AssertRefused(folder, folder.Path, "neither tokenizer.json nor tokenizer.model");
    }

    [TestMethod]
    public void A_file_that_is_too_large_is_not_read()
    {
        using var folder = new TempFolder();
        using (FileStream model = File.OpenWrite(folder.File(VocS.Model)))
            model.SetLength(17 << 20);

        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(() => LlamaTokenizer.Load(folder.Path));
        Assert.Contains("tokenizer.model' has 17825792 bytes", error.Message);
    }

    internal static void AssertRefused(TempFolder folder, string file, string message)
    {
        ModelFolderException error = Assert.ThrowsExactly<ModelFolderException>(() => LlamaTokenizer.Load(folder.Path));
        Assert.Contains(file, error.Message);
        Assert.Contains(message, error.Message);
        Assert.DoesNotContain("\n", error.Message);
    }

    private static void AssertModel(Action<List<VocS.Piece>> change, string message)
    {
        List<VocS.Piece> pieces = VocS.Pieces();
        change(pieces);
        using TempFolder folder = VocS.WithModel(pieces: pieces);
        AssertRefused(folder, folder.Path, message);
    }
}
