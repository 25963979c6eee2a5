using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.Tests.Loaders;

[TestClass]
public sealed class LlamaCheckpointTests
{
    /// <summary>Field case 18.</summary>
    [TestMethod]
    public void Weights_are_found_with_and_without_prefix_in_one_file_and_in_shards()
    {
        static string Bare(string name) => name.Replace("model.", "", StringComparison.Ordinal);
        using KitL kit = new KitL().Save(), bare = new KitL().Rename(Bare).Save();
        using KitL shards = new KitL().SaveShards(), bareShards = new KitL().Rename(Bare).SaveShards();
        foreach (KitL saved in new[] { kit, bare, shards, bareShards })
        {
            using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(saved.Path);
            foreach ((string name, (long[] shape, float[] values)) in kit.Tensors)
            {
                CollectionAssert.AreEqual(shape, checkpoint.ShapeOf(name).ToArray());
                CollectionAssert.AreEqual(values, Read(checkpoint, name), name);
            }

            CollectionAssert.AreEquivalent(kit.Tensors.Keys, checkpoint.Parameters.Select(p => p.Name).ToArray());
            Assert.AreEqual(saved == bare || saved == bareShards, checkpoint.IsBare);
            Assert.HasCount(saved == kit || saved == bare ? 1 : 4, checkpoint.WeightPaths);
            Assert.HasCount(0, checkpoint.Ignored);
            Assert.HasCount(0, checkpoint.Renamed);
            Assert.HasCount(0, checkpoint.NewlyInitialized);
        }
    }

    /// <summary>Field cases 18 and 20.</summary>
    [TestMethod]
    public void A_trunk_that_is_not_whole_is_fatal_and_the_first_missing_parameter_named()
    {
        using KitL foreign = new KitL().Rename(n => "foo." + n).Save();
        AssertRefused(foreign, "'model.embed_tokens.weight' is missing (21 of the trunk's 21 weights are)", "like 'foo.", "which is not a LLaMA's");
        using KitL hole = new KitL().Drop("model.layers.1.mlp.up_proj.weight").Save();
        AssertRefused(hole, "'model.layers.1.mlp.up_proj.weight' is missing (1 of the trunk's 21 weights are)");
    }

    /// <summary>Field case 19.</summary>
    [TestMethod]
    [DataRow("model.layers.0.self_attn.rotary_emb.inv_freq")]
    [DataRow("layers.1.self_attn.rotary_emb.inv_freq")]
    [DataRow("model.rotary_emb.inv_freq")]
    [DataRow("rotary_emb.inv_freq")]
    public void Rotary_frequencies_are_passed_over_in_silence(string name)
    {
        using var kit = new KitL();
        kit.Tensors[name] = ([2], [9, 9]);
        kit.Save();
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(kit.Path);
        Assert.HasCount(0, checkpoint.Ignored);
        Assert.IsFalse(checkpoint.Contains(name));
    }

    /// <summary>Field case 20.</summary>
    [TestMethod]
    public void A_classifier_ignores_the_output_layer_and_begins_with_a_new_head()
    {
        using KitL kit = new KitL().Save();
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(kit.Path, labels: 3);
        CollectionAssert.AreEqual(new[] { "lm_head.weight" }, checkpoint.Ignored.ToArray());
        CollectionAssert.AreEqual(new[] { "score.weight" }, checkpoint.NewlyInitialized.ToArray());
        Assert.AreEqual(3, checkpoint.Labels);
        Assert.IsFalse(checkpoint.Contains("score.weight"));
        Assert.ThrowsExactly<KeyNotFoundException>(() => checkpoint.ShapeOf("score.weight"));
        CollectionAssert.AreEqual(new long[] { 3, 8 }, checkpoint.Parameters[^1].Shape.ToArray());
    }

    [TestMethod]
    public void A_head_in_the_file_is_taken_if_it_fits_or_reset()
    {
        using KitL kit = new KitL().Drop("lm_head.weight");
        kit.Tensor("score.weight", 3, 8);
        kit.Save();
        using (LlamaCheckpoint fitting = LlamaCheckpoint.Open(kit.Path, labels: 3))
            CollectionAssert.AreEqual(KitB.Values(24), Read(fitting, "score.weight"));
        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => LlamaCheckpoint.Open(kit.Path, labels: 2));
        Assert.Contains("'score.weight' is [3, 8] in the file (3 labels), but the task needs [2, 8] (2 labels)", e.Message);
        Assert.Contains("--reset-head", e.Message);
        using LlamaCheckpoint reset = LlamaCheckpoint.Open(kit.Path, labels: 2, resetHead: true);
        using LlamaCheckpoint other = LlamaCheckpoint.OpenForAdapter(kit.Path, labels: 2);
        using LlamaCheckpoint same = LlamaCheckpoint.OpenForAdapter(kit.Path, labels: 3);
        CollectionAssert.AreEqual(new[] { "score.weight" }, reset.NewlyInitialized.ToArray());
        CollectionAssert.AreEqual(new[] { "score.weight" }, other.NewlyInitialized.ToArray());
        Assert.HasCount(0, same.NewlyInitialized);
    }

    /// <summary>Field case 23.</summary>
    [TestMethod]
    public void A_tied_model_needs_no_output_layer_and_may_have_an_equal_one()
    {
        using KitL without = new KitL().Tie().Drop("lm_head.weight").Save(), with = new KitL().Tie().Save();
        using (LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(without.Path), copy = LlamaCheckpoint.Open(with.Path))
        {
            foreach (LlamaCheckpoint tied in new[] { checkpoint, copy })
            {
                Assert.IsFalse(tied.Contains("lm_head.weight"));
                Assert.IsFalse(tied.Parameters.Any(p => p.Name == "lm_head.weight"));
                Assert.HasCount(0, tied.Ignored);
            }
        }

        with.Tensors["lm_head.weight"].Values[201] += 1;
        with.Save();
        AssertRefused(with, "'lm_head.weight' and 'model.embed_tokens.weight' are one weight", "tie_word_embeddings", "differ at element 201");
        with.Tensor("lm_head.weight", 31, 8);
        with.Save();
        AssertRefused(with, "F32 [31, 8] and F32 [32, 8]");
    }

    /// <summary>Field case 23.</summary>
    [TestMethod]
    public void A_model_that_is_not_tied_needs_its_output_layer()
    {
        using KitL kit = new KitL().Drop("lm_head.weight").Save();
        AssertRefused(kit, "'lm_head.weight' is missing", "tie_word_embeddings");
    }

    /// <summary>Field case 86.</summary>
    [TestMethod]
    public void Metas_own_names_are_refused_with_the_reason()
    {
        using KitL kit = new KitL().Rename(n => n
            .Replace("model.embed_tokens", "tok_embeddings", StringComparison.Ordinal)
            .Replace("model.", "", StringComparison.Ordinal)
            .Replace("self_attn.q_proj", "attention.wq", StringComparison.Ordinal)).Save();
        AssertRefused(kit, "a name of Meta's own format", "in another order", "convert");
    }

    [TestMethod]
    public void Two_sources_for_one_parameter_and_wrong_shapes_are_errors()
    {
        using var kit = new KitL();
        kit.Tensor("norm.weight", 8);
        kit.Save();
        AssertRefused(kit, "'norm.weight'", "'model.norm.weight'", "remove one");
        kit.Drop("norm.weight").Tensor("model.layers.0.self_attn.k_proj.weight", 4, 8);
        kit.Save();
        AssertRefused(kit, "'model.layers.0.self_attn.k_proj.weight' is [4, 8] in the file, but config.json makes it [8, 8]");
    }

    [TestMethod]
    public void Grouped_heads_their_own_width_and_biases_have_their_shapes()
    {
        using var kit = new KitL();
        kit.ReplaceInConfig("\"num_attention_heads\": 2", "\"num_attention_heads\": 4, \"num_key_value_heads\": 2, \"head_dim\": 6, \"attention_bias\": true, \"mlp_bias\": true");
        Dictionary<string, LlamaParameter> parameters = LlamaParameters.Of(LlamaConfigFile.Read(kit.Path)).ToDictionary(p => p.Name);
        Assert.HasCount(35, parameters);
        foreach ((string name, long[] shape) in new Dictionary<string, long[]>
        {
            ["self_attn.q_proj.weight"] = [24, 8], ["self_attn.q_proj.bias"] = [24], ["self_attn.k_proj.weight"] = [12, 8],
            ["self_attn.v_proj.bias"] = [12], ["self_attn.o_proj.weight"] = [8, 24], ["self_attn.o_proj.bias"] = [8],
            ["mlp.gate_proj.bias"] = [16], ["mlp.down_proj.weight"] = [8, 16], ["mlp.down_proj.bias"] = [8],
        })
            CollectionAssert.AreEqual(shape, parameters["model.layers.1." + name].Shape.ToArray(), name);
    }

    /// <summary>Field cases 76 and 91: frozen weights may stay as they are.</summary>
    [TestMethod]
    [DataRow(SafetensorsType.F16, WeightFormat.Float16)]
    [DataRow(SafetensorsType.BF16, WeightFormat.BFloat16)]
    public void Weights_of_16_bits_are_read_wide_or_as_they_are(SafetensorsType type, WeightFormat format)
    {
        const string name = "model.layers.1.mlp.down_proj.weight";
        using var kit = new KitL();
        kit.Tensors[name].Values[3] = -0f;
        kit.Tensors["model.norm.weight"].Values[5] = float.PositiveInfinity;
        kit.SaveShards(type);
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(kit.Path);
        float[] wide = Read(checkpoint, name);
        ushort[] halves = new ushort[wide.Length];
        checkpoint.ReadHalves(name, halves);
        Assert.AreEqual(format, checkpoint.FormatOf(name));
        Assert.AreEqual(0x8000, halves[3]);
        for (int i = 0; i < wide.Length; i++)
        {
            float expected = type == SafetensorsType.F16 ? (float)BitConverter.UInt16BitsToHalf(halves[i]) : BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
            Assert.AreEqual(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(wide[i]));
            Assert.AreEqual(kit.Tensors[name].Values[i], wide[i], 1e-3);
        }

        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => checkpoint.ReadHalves("model.norm.weight", new ushort[8]));
        Assert.Contains("'model.norm.weight' is Infinity at element 5", e.Message);
        Assert.ThrowsExactly<ArgumentException>(() => checkpoint.ReadHalves(name, new ushort[9]));
    }

    [TestMethod]
    [DataRow(SafetensorsType.F32)]
    [DataRow(SafetensorsType.F64)]
    public void Wider_weights_have_no_halves(SafetensorsType type)
    {
        using KitL kit = new KitL().Save(type);
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(kit.Path);
        Assert.AreEqual(WeightFormat.Float32, checkpoint.FormatOf("model.norm.weight"));
        Assert.ThrowsExactly<InvalidOperationException>(() => checkpoint.ReadHalves("model.norm.weight", new ushort[8]));
        Assert.ThrowsExactly<KeyNotFoundException>(() => checkpoint.FormatOf("score.weight"));
    }

    /// <summary>Field case 91: a tensor is read into where it is wanted, without a copy of it anywhere.</summary>
    [TestMethod]
    public void Reading_all_weights_allocates_next_to_nothing()
    {
        using KitL kit = new KitL().ReplaceInConfig("\"vocab_size\": 32", "\"vocab_size\": 131072");
        kit.Tensors["model.embed_tokens.weight"] = ([131072, 8], new float[1 << 20]);
        kit.Tensors["lm_head.weight"] = ([131072, 8], new float[1 << 20]);
        kit.SaveShards(SafetensorsType.BF16);
        float[] values = new float[1 << 20];
        ushort[] halves = new ushort[1 << 20];
        long before = GC.GetAllocatedBytesForCurrentThread();
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(kit.Path);
        foreach (LlamaParameter parameter in checkpoint.Parameters)
        {
            checkpoint.Read(parameter.Name, values.AsSpan(0, (int)parameter.ElementCount));
            checkpoint.ReadHalves(parameter.Name, halves.AsSpan(0, (int)parameter.ElementCount));
        }

        Assert.IsLessThan(1 << 19, GC.GetAllocatedBytesForCurrentThread() - before, "the largest tensor has 2 MiB in the file and 4 as floats");
    }

    /// <summary>Field case 91.</summary>
    [TestMethod]
    [DataRow(152_064, 3584, 2_179_989_504)]
    [DataRow(32_000, 4096, 524_288_000)]
    public void Sizes_beyond_31_bits_are_counted(int vocabulary, int hidden, long bytes)
    {
        using KitL kit = new KitL().ReplaceInConfig("\"vocab_size\": 32", $"\"vocab_size\": {vocabulary}")
            .ReplaceInConfig("\"hidden_size\": 8", $"\"hidden_size\": {hidden}");
        Assert.AreEqual(bytes, LlamaParameters.Of(LlamaConfigFile.Read(kit.Path)).First().ElementCount * sizeof(float));
    }

    /// <summary>Field case 89: rows beyond the tokenizer's tokens are padding, which stays.</summary>
    [TestMethod]
    public void A_table_with_more_rows_than_tokens_is_read_whole()
    {
        using KitL kit = new KitL().ReplaceInConfig("\"vocab_size\": 32", "\"vocab_size\": 40");
        kit.Tensor("model.embed_tokens.weight", 40, 8);
        kit.Tensor("lm_head.weight", 40, 8);
        kit.Save();
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(kit.Path);
        CollectionAssert.AreEqual(KitB.Values(320), Read(checkpoint, LlamaNames.Words));
    }

    [TestMethod]
    public void The_golden_model_opens_whole()
    {
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(Path.Combine(AppContext.BaseDirectory, "golden", "tiny-llama"));
        AssertWhole(checkpoint);
        Assert.AreEqual(2, checkpoint.Config.KeyValueHeads);
    }

    [TestMethod]
    public void A_real_tied_model_opens_whole()
    {
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(SharedFolder.Require("models", "stories260K"));
        AssertWhole(checkpoint);
        Assert.IsTrue(checkpoint.Config.TiesEmbeddings);
        Assert.AreEqual(4, checkpoint.Config.KeyValueHeads);
    }

    private static void AssertWhole(LlamaCheckpoint checkpoint)
    {
        Assert.HasCount(0, checkpoint.NewlyInitialized);
        Assert.HasCount(0, checkpoint.Ignored);
        foreach (LlamaParameter parameter in checkpoint.Parameters)
            Assert.IsTrue(Read(checkpoint, parameter.Name).Any(value => value != 0), parameter.Name);
    }

    private static float[] Read(LlamaCheckpoint checkpoint, string name)
    {
        float[] values = new float[checkpoint.ShapeOf(name).Aggregate(1L, (product, d) => product * d)];
        checkpoint.Read(name, values);
        return values;
    }

    private static void AssertRefused(KitL kit, params string[] parts)
    {
        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => LlamaCheckpoint.Open(kit.Path).Dispose());
        Assert.StartsWith(kit.Path, e.Message);
        Assert.DoesNotContain("\n", e.Message);
        foreach (string part in parts)
            Assert.Contains(part, e.Message);
    }
}
