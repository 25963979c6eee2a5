using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Tests.Loaders;

[TestClass]
public sealed class BertCheckpointTests
{
    [TestMethod]
    public void Weights_are_found_under_canonical_names_with_and_without_prefix()
    {
        using KitB kit = new KitB().Save();
        using KitB bare = new KitB().Rename(n => n["bert.".Length..]).Save();
        using BertCheckpoint a = BertCheckpoint.Open(kit.Path, 2);
        using BertCheckpoint b = BertCheckpoint.Open(bare.Path, 2);
        foreach ((string name, (long[] shape, float[] values)) in kit.Tensors)
        {
            Assert.IsTrue(a.Contains(name) && b.Contains(name), name);
            CollectionAssert.AreEqual(shape, a.ShapeOf(name).ToArray());
            CollectionAssert.AreEqual(shape, b.ShapeOf(name).ToArray());
            CollectionAssert.AreEqual(values, Read(a, name), name);
            CollectionAssert.AreEqual(values, Read(b, name), name);
        }

        Assert.HasCount(0, a.Ignored);
        Assert.HasCount(0, b.Ignored);
        Assert.HasCount(0, a.Renamed);
        Assert.HasCount(0, b.Renamed);
    }

    [TestMethod]
    public void A_foreign_prefix_is_refused_and_the_first_missing_parameter_named()
    {
        using KitB kit = new KitB().Rename(n => "foo." + n["bert.".Length..]).Save();
        AssertRefused(kit, 2, "'bert.embeddings.word_embeddings.weight' is missing (37 of the trunk's 37 weights are)", "'foo.");
    }

    [TestMethod]
    public void A_missing_trunk_weight_is_fatal()
    {
        using KitB kit = new KitB().Rename(n => n == "bert.encoder.layer.1.output.dense.weight" ? null : n).Save();
        AssertRefused(kit, 2, "'bert.encoder.layer.1.output.dense.weight' is missing (1 of the trunk's 37 weights are)");
    }

    [TestMethod]
    public void Old_LayerNorm_names_are_renamed_by_exact_suffix_and_reported()
    {
        using KitB kit = new KitB().Rename(n => n
            .Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal)
            .Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal));
        kit.Tensors["bert.embeddings.LayerNorm.gamma"].Values.AsSpan().Fill(2);
        kit.Tensors["bert.embeddings.LayerNorm.beta"].Values.AsSpan().Fill(0.5f);
        kit.Tensor("bert.gamma_beta.weight", 3);
        kit.Save();
        using BertCheckpoint checkpoint = BertCheckpoint.Open(kit.Path, 2);
        CollectionAssert.AreEqual(Enumerable.Repeat(2f, 8).ToArray(), Read(checkpoint, "bert.embeddings.LayerNorm.weight"));
        CollectionAssert.AreEqual(Enumerable.Repeat(0.5f, 8).ToArray(), Read(checkpoint, "bert.embeddings.LayerNorm.bias"));
        Assert.HasCount(10, checkpoint.Renamed);
        Assert.Contains(new WeightRename("bert.embeddings.LayerNorm.gamma", "bert.embeddings.LayerNorm.weight"), checkpoint.Renamed);
        CollectionAssert.AreEqual(new[] { "bert.gamma_beta.weight" }, checkpoint.Ignored.ToArray());
    }

    /// <summary>Field case 71.</summary>
    [TestMethod]
    [DataRow(SafetensorsType.F32, float.NegativeInfinity, "is -Infinity at element 7")]
    [DataRow(SafetensorsType.BF16, float.NaN, "is NaN at element 7")]
    public void A_value_that_is_not_finite_is_refused_when_it_is_read(SafetensorsType type, float value, string message)
    {
        const string name = "bert.encoder.layer.1.output.dense.weight";
        using var kit = new KitB();
        kit.Tensors[name].Values[7] = value;
        kit.Save(type);
        using BertCheckpoint checkpoint = BertCheckpoint.Open(kit.Path, 2);
        Assert.Contains($"'{name}' {message}", Assert.ThrowsExactly<ModelFolderException>(() => Read(checkpoint, name)).Message);
        Assert.HasCount(16, Read(checkpoint, "bert.encoder.layer.1.intermediate.dense.bias"));
    }

    [TestMethod]
    [DataRow("bert.embeddings.LayerNorm.gamma", "bert.embeddings.LayerNorm.weight")]
    [DataRow("embeddings.LayerNorm.weight", "bert.embeddings.LayerNorm.weight")]
    public void Two_sources_for_one_parameter_are_an_error(string second, string first)
    {
        using var kit = new KitB();
        kit.Tensor(second, 8);
        kit.Save();
        AssertRefused(kit, 2, $"'{first}'", $"'{second}'", "remove one");
    }

    [TestMethod]
    [DataRow("bert.embeddings.position_ids", SafetensorsType.I64)]
    [DataRow("embeddings.position_ids", SafetensorsType.F8E4M3)]
    public void Index_buffers_of_any_type_are_passed_over_in_silence(string name, SafetensorsType type)
    {
        using KitB kit = new KitB().Save(more: writer => writer.AddBytes(name, type, [1, 16], s => s.Write(new byte[16 * type.Size()])));
        using BertCheckpoint checkpoint = BertCheckpoint.Open(kit.Path, 2);
        Assert.HasCount(0, checkpoint.Ignored);
        Assert.IsFalse(checkpoint.Contains("bert.embeddings.position_ids"));
        Assert.IsFalse(checkpoint.Parameters.Any(p => p.Name.Contains("position_ids", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void A_pre_training_file_lists_its_head_as_ignored_and_ours_as_new()
    {
        using KitB kit = new KitB().Rename(n => n.Contains("pooler", StringComparison.Ordinal) ? null : n);
        kit.Tensor("cls.predictions.bias", 20);
        kit.Tensor("cls.predictions.transform.LayerNorm.gamma", 8);
        kit.Save();
        using BertCheckpoint checkpoint = BertCheckpoint.Open(kit.Path, 2);
        CollectionAssert.AreEquivalent(new[] { "cls.predictions.bias", "cls.predictions.transform.LayerNorm.gamma" }, checkpoint.Ignored.ToArray());
        CollectionAssert.AreEqual(
            new[] { "bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias" },
            checkpoint.NewlyInitialized.ToArray());
        Assert.HasCount(0, checkpoint.Renamed);
        Assert.IsFalse(checkpoint.Contains("classifier.weight"));
        Assert.ThrowsExactly<KeyNotFoundException>(() => checkpoint.ShapeOf("classifier.weight"));
        Assert.ThrowsExactly<KeyNotFoundException>(() => checkpoint.Read("bert.pooler.dense.bias", new float[8]));
        CollectionAssert.AreEqual(new long[] { 2, 8 }, checkpoint.Parameters.Single(p => p.Name == "classifier.weight").Shape.ToArray());
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(1)]
    public void A_head_of_another_size_stops_and_names_the_option_that_resets_it(int labels)
    {
        using var kit = new KitB();
        kit.Tensor("classifier.weight", 3, 8);
        kit.Tensor("classifier.bias", 3);
        kit.Save();
        using (BertCheckpoint fitting = BertCheckpoint.Open(kit.Path, 3))
        {
            Assert.HasCount(0, fitting.NewlyInitialized);
            CollectionAssert.AreEqual(KitB.Values(24), Read(fitting, "classifier.weight"));
        }

        AssertRefused(kit, labels, "[3, 8]", $"[{labels}, 8]", "(3 labels)", labels == 1 ? "(1 label)" : $"({labels} labels)", "--reset-head");
        using BertCheckpoint reset = BertCheckpoint.Open(kit.Path, labels, resetHead: true);
        CollectionAssert.AreEqual(new[] { "classifier.weight", "classifier.bias" }, reset.NewlyInitialized.ToArray());
        Assert.IsFalse(reset.Contains("classifier.weight"));
        Assert.IsTrue(reset.Contains("bert.pooler.dense.weight"));
        Assert.HasCount(0, reset.Ignored);
    }

    [TestMethod]
    public void The_base_of_an_adapter_has_its_own_head_if_it_fits_and_else_none()
    {
        using var kit = new KitB();
        kit.Tensor("classifier.weight", 3, 8);
        kit.Tensor("classifier.bias", 3);
        kit.Save();
        using BertCheckpoint fitting = BertCheckpoint.OpenForAdapter(kit.Path, 3);
        Assert.IsTrue(fitting.Contains("classifier.weight"));
        using BertCheckpoint other = BertCheckpoint.OpenForAdapter(kit.Path, 2);
        CollectionAssert.AreEqual(new[] { "classifier.weight", "classifier.bias" }, other.NewlyInitialized.ToArray());
    }

    [TestMethod]
    public void A_trunk_of_another_shape_is_not_excused_by_resetting_the_head()
    {
        using var kit = new KitB();
        kit.Tensor("bert.pooler.dense.weight", 8, 9);
        kit.Save();
        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => BertCheckpoint.Open(kit.Path, 2, resetHead: true));
        Assert.Contains("[8, 9]", e.Message);
        Assert.Contains("[8, 8]", e.Message);
        Assert.DoesNotContain("--reset-head", e.Message);
    }

    [TestMethod]
    public void A_trunk_weight_that_is_not_a_float_is_refused()
    {
        using KitB kit = new KitB().Rename(n => n == "bert.pooler.dense.bias" ? null : n)
            .Save(more: writer => writer.AddInt64("bert.pooler.dense.bias", SafetensorsType.I64, [8], values => values.Clear()));
        AssertRefused(kit, 2, "'bert.pooler.dense.bias' is I64");
    }

    [TestMethod]
    [DataRow(SafetensorsType.F16)]
    [DataRow(SafetensorsType.BF16)]
    [DataRow(SafetensorsType.F64)]
    public void Weights_of_every_float_type_are_read_and_the_type_reported(SafetensorsType type)
    {
        using var kit = new KitB();
        foreach ((_, float[] values) in kit.Tensors.Values)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = ((i % 17) - 8) / 16f;
        }

        kit.Save(type);
        using BertCheckpoint checkpoint = BertCheckpoint.Open(kit.Path, 2);
        CollectionAssert.AreEqual(new[] { type }, checkpoint.WeightTypes.ToArray());
        foreach ((string name, (_, float[] values)) in kit.Tensors)
            CollectionAssert.AreEqual(values, Read(checkpoint, name), name);
        Assert.ThrowsExactly<ArgumentException>(() => checkpoint.Read("bert.pooler.dense.bias", new float[9]));
    }

    [TestMethod]
    public void Folders_without_weights_say_what_is_there_instead()
    {
        using var kit = new KitB();
        AssertRefused(kit, 2, "has no model.safetensors; is it a Hugging Face model folder?");
        File.WriteAllBytes(kit["pytorch_model.bin"], [1]);
        AssertRefused(kit, 2, "pytorch_model.bin; convert it");
        kit.Save();
        BertCheckpoint.Open(kit.Path, 2).Dispose();
    }

    [TestMethod]
    public void A_malformed_weights_file_keeps_its_own_exception()
    {
        using KitB kit = new KitB().Save();
        using (FileStream file = File.OpenWrite(kit["model.safetensors"]))
            file.SetLength(file.Length + 4);
        Assert.Contains("4 bytes at the end", Assert.ThrowsExactly<SafetensorsException>(() => BertCheckpoint.Open(kit.Path, 2)).Message);
    }

    [TestMethod]
    [DataRow("tiny-bert-classify", 3)]
    [DataRow("tiny-bert-regress", 1)]
    public void The_golden_models_open_whole(string name, int labels)
    {
        using BertCheckpoint checkpoint = BertCheckpoint.Open(Path.Combine(AppContext.BaseDirectory, "golden", name), labels);
        Assert.HasCount(0, checkpoint.NewlyInitialized);
        Assert.HasCount(0, checkpoint.Ignored);
        Assert.AreEqual(labels, checkpoint.Config.Labels);
        Assert.IsTrue(checkpoint.Parameters.All(p => checkpoint.Contains(p.Name)));
    }

    private static float[] Read(BertCheckpoint checkpoint, string name)
    {
        float[] values = new float[checkpoint.ShapeOf(name).Aggregate(1L, (product, d) => product * d)];
        checkpoint.Read(name, values);
        return values;
    }

    private static void AssertRefused(KitB kit, int labels, params string[] parts)
    {
        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => BertCheckpoint.Open(kit.Path, labels).Dispose());
        Assert.StartsWith(kit.Path, e.Message);
        Assert.DoesNotContain("\n", e.Message);
        foreach (string part in parts)
            Assert.Contains(part, e.Message);
    }
}
