using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.Tests.Loaders;

[TestClass]
public sealed class LlamaConfigFileTests
{
    private const string Theta = "\"rope_theta\": 10000.0";
    private const string Epsilon = "\"rms_norm_eps\": 1e-5";

    [TestMethod]
    public void All_values_are_read()
    {
        using KitL kit = new KitL().ReplaceInConfig(Theta, """
            "rope_theta": 500000.0, "num_key_value_heads": 1, "head_dim": 6, "attention_bias": true, "mlp_bias": true, "bos_token_id": 3,
            "eos_token_id": [4, 5], "pad_token_id": 6, "attention_dropout": 0.0, "pretraining_tp": 1,
            "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
            """).Tie();
        LlamaConfig config = LlamaConfigFile.Read(kit.Path);
        CollectionAssert.AreEqual(new[] { 4, 5 }, config.EndTokenIds.ToArray());
        Assert.AreEqual(
            new LlamaConfig
            {
                VocabularySize = 32, HiddenSize = 8, Layers = 2, Heads = 2, KeyValueHeads = 1, HeadWidth = 6, IntermediateSize = 16,
                MaxPositions = 16, RmsNormEpsilon = 1e-5f, RotaryBase = 500000, RotaryScaling = new Llama3RotaryScaling(8, 1, 4, 8192),
                TiesEmbeddings = true, HasAttentionBias = true, HasMlpBias = true, BeginTokenId = 3, PaddingTokenId = 6,
            },
            config with { EndTokenIds = [] });
    }

    [TestMethod]
    public void Defaults_are_those_of_transformers()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", """
            {"model_type": "llama", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16,
             "vocab_size": 32, "num_key_value_heads": null, "head_dim": null, "rope_scaling": null}
            """);
        LlamaConfig config = LlamaConfigFile.Read(folder.Path);
        CollectionAssert.AreEqual(new[] { 2 }, config.EndTokenIds.ToArray());
        Assert.AreEqual(
            new LlamaConfig
            {
                VocabularySize = 32, HiddenSize = 8, Layers = 2, Heads = 2, KeyValueHeads = 2, HeadWidth = 4, IntermediateSize = 16,
                MaxPositions = 2048, RmsNormEpsilon = 1e-6f, RotaryBase = 10000, BeginTokenId = 1,
            },
            config with { EndTokenIds = [] });
    }

    [TestMethod]
    [DataRow("null")]
    [DataRow("-1")]
    public void Tokens_that_are_not_there_are_none(string none)
    {
        using KitL kit = new KitL().ReplaceInConfig(Epsilon, $"\"bos_token_id\": {none}, \"eos_token_id\": {none}, \"pad_token_id\": {none}");
        LlamaConfig config = LlamaConfigFile.Read(kit.Path);
        Assert.IsNull(config.BeginTokenId);
        Assert.IsNull(config.PaddingTokenId);
        Assert.HasCount(0, config.EndTokenIds);
    }

    [TestMethod]
    [DataRow("\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}", 10000)]
    [DataRow("\"rope_scaling\": {\"rope_type\": \"linear\", \"type\": \"dynamic\", \"factor\": 2}", 10000)]
    [DataRow("\"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 2, \"rope_theta\": 500}", 500)]
    [DataRow("\"rope_theta\": 500, \"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 2, \"rope_theta\": 500.0}", 500)]
    public void Linear_scaling_is_read_wherever_it_stands(string json, double theta)
    {
        using KitL kit = new KitL().ReplaceInConfig(Theta, json);
        LlamaConfig config = LlamaConfigFile.Read(kit.Path);
        Assert.AreEqual(new LinearRotaryScaling(2), config.RotaryScaling);
        Assert.AreEqual(theta, config.RotaryBase);
    }

    [TestMethod]
    [DataRow("\"rope_scaling\": {\"rope_type\": \"default\"}")]
    [DataRow("\"rope_parameters\": {\"rope_theta\": 10000}")]
    [DataRow("\"rope_parameters\": {\"rope_type\": \"default\", \"partial_rotary_factor\": 1.0}")]
    public void No_scaling_is_null(string json)
    {
        using KitL kit = new KitL().ReplaceInConfig(Theta, json);
        Assert.IsNull(LlamaConfigFile.Read(kit.Path).RotaryScaling);
    }

    [TestMethod]
    [DataRow("\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": \"c\"}", 3)]
    [DataRow("\"id2label\": {\"0\": \"a\"}, \"num_labels\": 4", 4)]
    [DataRow("\"bos_token_id\": 1", 2)]
    public void Labels_come_from_num_labels_or_id2label(string json, int labels)
    {
        using KitL kit = new KitL().ReplaceInConfig(Epsilon, json);
        Assert.AreEqual(labels, LlamaConfigFile.ReadLabels(kit.Path));
    }

    [TestMethod]
    [DataRow("\"llama\"", "\"mistral\"", "model_type is 'mistral'; only \"llama\"")]
    [DataRow("\"model_type\": \"llama\",", "", "model_type is missing")]
    [DataRow("\"silu\"", "\"gelu\"", "hidden_act is '\"gelu\"'; only \"silu\"")]
    [DataRow("\"hidden_size\": 8", "\"hidden_size\": 9", "hidden_size 9 is not a multiple of num_attention_heads 2, and there is no head_dim")]
    [DataRow("\"hidden_size\": 8", "\"hidden_size\": 6", "heads are 3 wide")]
    [DataRow("\"hidden_size\": 8", "\"hidden_size\": 0", "hidden_size is '0'")]
    [DataRow("\"num_attention_heads\": 2", "\"num_attention_heads\": 4, \"num_key_value_heads\": 3", "num_attention_heads 4 is not a multiple of num_key_value_heads 3")]
    [DataRow("\"num_attention_heads\": 2", "\"num_attention_heads\": 2, \"num_key_value_heads\": 0", "num_key_value_heads is '0'")]
    [DataRow("\"num_attention_heads\": 2", "\"num_attention_heads\": 65536, \"head_dim\": 65536", "65536 of width 65536 are more than")]
    [DataRow("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 10001", "num_hidden_layers is '10001', expected an integer from 1 to 10000")]
    [DataRow("\"vocab_size\": 32,", "", "vocab_size is missing")]
    [DataRow("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": \"no\"", "tie_word_embeddings is '\"no\"', expected true or false")]
    [DataRow(Epsilon, "\"attention_dropout\": 0.1", "attention_dropout is '0.1'; only 0")]
    [DataRow(Epsilon, "\"quantization_config\": {\"bits\": 4}", "quantization_config is an Object; that is not supported here")]
    [DataRow(Epsilon, "\"pad_token_id\": 32", "pad_token_id is '32', expected a token of the 32 that vocab_size counts")]
    [DataRow(Epsilon, "\"eos_token_id\": [2, -2]", "eos_token_id is '-2'")]
    [DataRow(Epsilon, "\"bos_token_id\": [1, 2]", "bos_token_id is an Array, expected one token")]
    [DataRow(Theta, "\"rope_theta\": 0", "rope_theta is '0'")]
    [DataRow(Theta, "\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 2}", "the rotary scaling 'dynamic' is not supported here")]
    [DataRow(Theta, "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 2}", "the rotary scaling 'yarn'")]
    [DataRow(Theta, "\"rope_parameters\": {\"rope_type\": \"longrope\"}", "rope_parameters: the rotary scaling 'longrope'")]
    [DataRow(Theta, "\"rope_scaling\": {\"type\": \"linear\"}", "rope_scaling: factor is missing")]
    [DataRow(Theta, "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 0.5}", "factor is 0.5, expected a number of at least 1")]
    [DataRow(Theta, "\"rope_scaling\": 2", "rope_scaling is '2', expected an object")]
    [DataRow(Theta, "\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 4, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 8}", "low_freq_factor 4 is not below high_freq_factor 4")]
    [DataRow(Theta, "\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4}", "original_max_position_embeddings is missing")]
    [DataRow(Theta, "\"rope_parameters\": {\"partial_rotary_factor\": 0.5}", "partial_rotary_factor is not 1")]
    [DataRow(Theta, "\"rope_theta\": 10000, \"rope_parameters\": {\"rope_theta\": 500}", "rope_theta is 10000 in one place and 500 in another")]
    [DataRow(Theta, "\"rope_scaling\": {}, \"rope_parameters\": {}", "both rope_scaling and rope_parameters")]
    public void What_is_out_of_bounds_or_not_supported_is_named(string old, string replacement, string part)
    {
        using KitL kit = new KitL().ReplaceInConfig(old, replacement);
        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => LlamaConfigFile.Read(kit.Path));
        Assert.StartsWith(kit["config.json"] + ": ", e.Message);
        Assert.Contains(part, e.Message);
        Assert.DoesNotContain("\n", e.Message);
    }

    [TestMethod]
    public void Folders_without_a_configuration_are_refused()
    {
        using var folder = new TempFolder();
        Assert.Contains("has no config.json", Assert.ThrowsExactly<ModelFolderException>(() => LlamaConfigFile.Read(folder.Path)).Message);
    }
}
