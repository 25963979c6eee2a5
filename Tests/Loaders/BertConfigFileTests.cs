using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;

namespace VkSparseGrad.Tests.Loaders;

[TestClass]
public sealed class BertConfigFileTests
{
    [TestMethod]
    public void All_values_are_read()
    {
        using KitB kit = new KitB().ReplaceInConfig("\"layer_norm_eps\": 1e-12",
            "\"layer_norm_eps\": 1e-5, \"hidden_dropout_prob\": 0.25, \"attention_probs_dropout_prob\": 0.0, \"classifier_dropout\": 0.5, \"num_labels\": 5");
        Assert.AreEqual(
            new BertConfig
            {
                VocabularySize = 20, HiddenSize = 8, Layers = 2, Heads = 2, IntermediateSize = 16, MaxPositions = 16, TokenTypes = 2,
                LayerNormEpsilon = 1e-5f, HiddenDropout = 0.25f, AttentionDropout = 0, ClassifierDropout = 0.5f, Labels = 5,
            },
            BertConfigFile.Read(kit.Path));
        Assert.AreEqual(3, BertConfigFile.Read(kit.Path, labels: 3).Labels);
    }

    [TestMethod]
    public void Defaults_are_those_of_transformers()
    {
        using KitB kit = new KitB().ReplaceInConfig("\"model_type\": \"bert\", \"hidden_act\": \"gelu\",", "\"hidden_dropout_prob\": 0.2, \"classifier_dropout\": null,");
        BertConfig config = BertConfigFile.Read(kit.Path);
        Assert.AreEqual(2, config.Labels);
        Assert.AreEqual(0.1f, config.AttentionDropout);
        Assert.AreEqual(0.2f, config.ClassifierDropout, "null takes the hidden dropout");
    }

    [TestMethod]
    [DataRow("\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": \"c\"}", 3)]
    [DataRow("\"id2label\": {}", 2)]
    [DataRow("\"id2label\": {\"0\": \"a\"}, \"num_labels\": 4", 4)]
    public void Labels_come_from_num_labels_or_id2label(string json, int labels)
    {
        using KitB kit = new KitB().ReplaceInConfig("\"type_vocab_size\": 2", json);
        Assert.AreEqual(labels, BertConfigFile.Read(kit.Path).Labels);
    }

    [TestMethod]
    [DataRow("\"bert\"", "\"albert\"", "model_type is '\"albert\"'; only \"bert\" and \"roberta\" are supported here")]
    [DataRow("\"bert\"", "7", "model_type is '7'")]
    [DataRow("\"gelu\"", "\"relu\"", "hidden_act is '\"relu\"'; only \"gelu\"")]
    [DataRow("\"type_vocab_size\": 2", "\"position_embedding_type\": \"relative_key\"", "position_embedding_type is '\"relative_key\"'; only \"absolute\"")]
    [DataRow("\"type_vocab_size\": 2", "\"is_decoder\": true", "is_decoder is 'true'")]
    [DataRow("\"hidden_size\": 8", "\"hidden_size\": 9", "hidden_size 9 is not a multiple of num_attention_heads 2")]
    [DataRow("\"hidden_size\": 8", "\"hidden_size\": 0", "hidden_size is '0'")]
    [DataRow("\"hidden_size\": 8", "\"hidden_size\": -8", "hidden_size is '-8'")]
    [DataRow("\"hidden_size\": 8", "\"hidden_size\": 8.5", "hidden_size is '8.5'")]
    [DataRow("\"hidden_size\": 8", "\"hidden_size\": \"8\"", "hidden_size is '\"8\"'")]
    [DataRow("\"hidden_size\": 8", "\"hidden_size\": [8]", "hidden_size is an Array")]
    [DataRow("\"hidden_size\": 8", "\"hidden_size\": null", "hidden_size is missing")]
    [DataRow("\"vocab_size\": 20", "\"vocab_size\": 3000000000", "vocab_size is '3000000000'")]
    [DataRow("\"vocab_size\": 20,", "", "vocab_size is missing")]
    [DataRow("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 2000000000", "num_hidden_layers is '2000000000', expected an integer from 1 to 10000")]
    [DataRow("\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": 0", "layer_norm_eps is '0'")]
    [DataRow("\"layer_norm_eps\": 1e-12", "\"hidden_dropout_prob\": 1", "hidden_dropout_prob is '1'")]
    [DataRow("\"layer_norm_eps\": 1e-12", "\"hidden_dropout_prob\": -0.1", "hidden_dropout_prob is '-0.1'")]
    [DataRow("\"layer_norm_eps\": 1e-12", "\"num_labels\": 0", "num_labels is '0'")]
    [DataRow("\"layer_norm_eps\": 1e-12", "\"id2label\": 3", "id2label is '3'")]
    [DataRow("\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": ", "not valid JSON")]
    public void Values_out_of_bounds_are_named(string old, string replacement, string part)
    {
        using KitB kit = new KitB().ReplaceInConfig(old, replacement);
        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => BertConfigFile.Read(kit.Path));
        Assert.StartsWith(kit["config.json"] + ": ", e.Message);
        Assert.Contains(part, e.Message);
        Assert.DoesNotContain("\n", e.Message);
    }

    [TestMethod]
    public void Folders_without_a_configuration_are_refused()
    {
        using var folder = new TempFolder();
        Assert.Contains("has no config.json", Assert.ThrowsExactly<ModelFolderException>(() => BertConfigFile.Read(folder.Path)).Message);
        Assert.Contains("no such folder", Assert.ThrowsExactly<ModelFolderException>(() => BertConfigFile.Read(folder.File("none"))).Message);
        folder.Write("config.json", [.. "{\"model_type\": \""u8, 0xFF, .. "\"}"u8]);
        Assert.Contains("not valid UTF-8", Assert.ThrowsExactly<ModelFolderException>(() => BertConfigFile.Read(folder.Path)).Message);
        folder.Write("config.json", "[1]"u8.ToArray());
        Assert.Contains("must be an object", Assert.ThrowsExactly<ModelFolderException>(() => BertConfigFile.Read(folder.Path)).Message);
    }
}
