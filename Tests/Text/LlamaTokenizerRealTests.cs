using System.Text.Json;
using VkSparseGrad.ModelLoaders.Tokenizers;

namespace VkSparseGrad.Tests.Text;

/// <summary>LLaMA's tokenizer on the files of real models.</summary>
[TestClass]
public sealed class LlamaTokenizerRealTests
{
    /// <summary>Ids of SentencePiece 0.1.97. Where scores are equal, as those of <c>&gt;&gt;</c>, the leftmost pair comes first.</summary>
    [TestMethod]
    [DataRow("Hello world", new[] { 15043, 3186 })]
    [DataRow("the......1234", new[] { 278, 3045, 636, 29896, 29906, 29941, 29946 })]
    [DataRow("b>>>a", new[] { 289, 6778, 29958, 29874 })]
    [DataRow("  def f(x):\n    return x**2\n", new[] { 259, 822, 285, 29898, 29916, 1125, 13, 1678, 736, 921, 1068, 29906, 13 })]
    [DataRow("naïve café 日本語 \U0001F600", new[] { 1055, 30085, 345, 274, 28059, 29871, 30325, 30346, 30968, 29871, 243, 162, 155, 131 })]
    [DataRow("▁x", new[] { 29871, 921 })]
    [DataRow("a\tb\r\n", new[] { 263, 12, 29890, 30004, 13 })]
    [DataRow("xxxxxxxxxxxxxxxxxxxx", new[] { 921, 14633, 14633, 14633, 14633, 12353 })]
    public void LLaMA_2_gives_the_reference_ids(string text, int[] ids)
    {
        var tokenizer = LlamaTokenizer.Load(SharedFolder.Require("models", "llama2-tokenizer"));

        CollectionAssert.AreEqual(ids, tokenizer.EncodeText(text, addBegin: false));
        Assert.AreEqual(text.Replace('▁', ' '), tokenizer.Decode([tokenizer.BeginId, .. ids]));
        Assert.AreEqual((32000, 1, 2, 0), (tokenizer.IdCount, tokenizer.BeginId, tokenizer.EndId, tokenizer.UnknownId));
    }

    [TestMethod]
    public void The_small_model_gives_its_golden_ids_and_text()
    {
        string folder = SharedFolder.Require("models", "stories260K");
        var tokenizer = LlamaTokenizer.Load(folder);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "golden.json")));
        JsonElement golden = document.RootElement;

        foreach (JsonElement one in golden.GetProperty("tokenizer_cases").EnumerateArray())
            CollectionAssert.AreEqual(Ids(one.GetProperty("ids_with_bos")), tokenizer.EncodeText(one.GetProperty("text").GetString()!));
        CollectionAssert.AreEqual(Ids(golden.GetProperty("input_ids")), tokenizer.EncodeText(golden.GetProperty("input_text").GetString()!));
        JsonElement second = golden.GetProperty("second");
        CollectionAssert.AreEqual(Ids(second.GetProperty("input_ids")), tokenizer.EncodeText(second.GetProperty("text").GetString()!));
        Assert.AreEqual(golden.GetProperty("greedy_text_from_bos").GetString(), tokenizer.Decode(Ids(golden.GetProperty("greedy_ids_from_bos"))));
        Assert.AreEqual(512, tokenizer.IdCount);
    }

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];
}
