using System.Text.Json;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Tests.Loaders;

[TestClass]
public sealed class SaveLlamaTests
{
    private const string Index = "model.safetensors.index.json";

    [TestMethod]
    public void One_file_in_is_one_file_out_with_the_names_of_the_source()
    {
        using var kit = new KitL();
        kit.Rename(n => n.Replace("model.", "", StringComparison.Ordinal));
        kit.Tensor("extra", 3);
        kit.Tensors["layers.0.self_attn.rotary_emb.inv_freq"] = ([2], [9, 9]);
        kit.Save();
        using var output = new TempFolder();
        using (LlamaCheckpoint source = LlamaCheckpoint.Open(kit.Path))
            CollectionAssert.AreEqual(new[] { SafetensorsType.F32 }, HuggingFaceFolder.SaveLlama(source, output.Path, Trained).ToArray());

        CollectionAssert.AreEquivalent(
            new[] { "config.json", "model.safetensors" }, Directory.GetFileSystemEntries(output.Path).Select(Path.GetFileName).ToArray());
        var tensors = RawSafetensors.Parse(output.File("model.safetensors"));
        CollectionAssert.AreEquivalent(kit.Tensors.Keys.Where(n => !n.EndsWith("inv_freq", StringComparison.Ordinal)).ToArray(), tensors.Keys);
        foreach ((string name, (_, long[] shape, byte[] data)) in tensors)
        {
            string canonical = name is "lm_head.weight" ? name : "model." + name;
            CollectionAssert.AreEqual(kit.Tensors[name].Shape, shape);
            CollectionAssert.AreEqual(name == "extra" ? KitB.Values(3) : TrainedValues(canonical, data.Length / 4), RawSafetensors.Floats(data), name);
        }

        using JsonDocument header = RawSafetensors.Header(output.File("model.safetensors"));
        Assert.AreEqual("""{"note":"kit","format":"pt"}""", header.RootElement.GetProperty("__metadata__").GetRawText());
    }

    [TestMethod]
    public void Shards_in_are_shards_out()
    {
        using KitL kit = new KitL().SaveShards(SafetensorsType.BF16);
        using var output = new TempFolder();
        using LlamaCheckpoint source = LlamaCheckpoint.Open(kit.Path);
        File.WriteAllText(output.File("model.safetensors"), "an old one, which would be read first");
        HuggingFaceFolder.SaveLlama(source, output.Path, Trained);

        CollectionAssert.AreEquivalent(
            Directory.GetFileSystemEntries(kit.Path).Select(Path.GetFileName).ToArray(),
            Directory.GetFileSystemEntries(output.Path).Select(Path.GetFileName).ToArray());
        long bytes = 0;
        for (int number = 1; number <= 3; number++)
        {
            var before = RawSafetensors.Parse(kit.Shard(number));
            var after = RawSafetensors.Parse(output.File(Path.GetFileName(kit.Shard(number))));
            CollectionAssert.AreEquivalent(before.Keys, after.Keys);
            Assert.IsTrue(after.Values.All(tensor => tensor.Type == "BF16"));
            bytes += after.Values.Sum(tensor => tensor.Data.Length);
            using JsonDocument header = RawSafetensors.Header(output.File(Path.GetFileName(kit.Shard(number))));
            Assert.AreEqual("pt", header.RootElement.GetProperty("__metadata__").GetProperty("format").GetString());
        }

        using JsonDocument old = JsonDocument.Parse(File.ReadAllText(kit[Index])), index = JsonDocument.Parse(File.ReadAllText(output.File(Index)));
        Assert.AreEqual(bytes, index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
        Assert.AreEqual("kept", index.RootElement.GetProperty("metadata").GetProperty("more").GetString());
        Assert.IsTrue(JsonElement.DeepEquals(old.RootElement.GetProperty("weight_map"), index.RootElement.GetProperty("weight_map")));
        using LlamaCheckpoint saved = LlamaCheckpoint.Open(output.Path);
        AssertTrained(saved);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_classifier_gets_its_head_and_its_configuration(bool shards)
    {
        using KitL kit = shards ? new KitL().SaveShards() : new KitL().Save();
        using var output = new TempFolder();
        using (LlamaCheckpoint source = LlamaCheckpoint.Open(kit.Path, labels: 3))
            HuggingFaceFolder.SaveLlama(source, output.Path, Trained, new LlamaSaveOptions { LabelNames = ["a", "b", "c"] });
        using LlamaCheckpoint saved = LlamaCheckpoint.Open(output.Path, labels: 3);
        Assert.HasCount(0, saved.NewlyInitialized);
        AssertTrained(saved);
        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(output.File("config.json")));
        Assert.AreEqual("""["LlamaForSequenceClassification"]""", JsonSerializer.Serialize(config.RootElement.GetProperty("architectures")));
        Assert.AreEqual("""{"0":"a","1":"b","2":"c"}""", JsonSerializer.Serialize(config.RootElement.GetProperty("id2label")));
        Assert.AreEqual(3, LlamaConfigFile.ReadLabels(output.Path));
    }

    [TestMethod]
    [DataRow(null, "float32")]
    [DataRow(SafetensorsType.BF16, "bfloat16")]
    public void A_language_models_configuration_stays_but_for_a_chosen_type(SafetensorsType? type, string expected)
    {
        using KitL kit = new KitL().Save();
        using var output = new TempFolder();
        using (LlamaCheckpoint source = LlamaCheckpoint.Open(kit.Path))
            HuggingFaceFolder.SaveLlama(source, output.Path, Trained, new LlamaSaveOptions { WeightType = type });
        string text = File.ReadAllText(output.File("config.json"));
        Assert.Contains("1.50", text);
        using JsonDocument before = JsonDocument.Parse(KitL.Config.Replace("\"float32\"", $"\"{expected}\"", StringComparison.Ordinal)), after = JsonDocument.Parse(text);
        Assert.IsTrue(JsonElement.DeepEquals(before.RootElement, after.RootElement), text);
        Assert.IsTrue(RawSafetensors.Parse(output.File("model.safetensors")).Values.All(tensor => tensor.Type == (type is null ? "F32" : "BF16")));
    }

    /// <summary>Field case 23.</summary>
    [TestMethod]
    [DataRow(false, null)]
    [DataRow(true, null)]
    [DataRow(false, 2)]
    [DataRow(true, 2)]
    public void Tied_weights_stay_equal_and_as_many_as_they_were(bool hasCopy, int? labels)
    {
        using KitL kit = new KitL().Tie();
        (hasCopy ? kit : kit.Drop("lm_head.weight")).Save();
        using var output = new TempFolder();
        using (LlamaCheckpoint source = labels is { } count ? LlamaCheckpoint.Open(kit.Path, count) : LlamaCheckpoint.Open(kit.Path))
            HuggingFaceFolder.SaveLlama(source, output.Path, Trained);
        var tensors = RawSafetensors.Parse(output.File("model.safetensors"));
        Assert.AreEqual(hasCopy ? 2 : 1, tensors.Count(t => t.Value.Shape.SequenceEqual(new long[] { 32, 8 })));
        using LlamaCheckpoint saved = LlamaCheckpoint.Open(output.Path);
        AssertTrained(saved);
    }

    [TestMethod]
    public void A_source_without_prefix_gets_one_when_told()
    {
        using KitL kit = new KitL().Rename(n => n.Replace("model.", "", StringComparison.Ordinal)).Save();
        using var output = new TempFolder();
        using (LlamaCheckpoint source = LlamaCheckpoint.Open(kit.Path))
            HuggingFaceFolder.SaveLlama(source, output.Path, Trained, new LlamaSaveOptions { AddPrefix = true });
        using var other = new KitL();
        CollectionAssert.AreEquivalent(other.Tensors.Keys, RawSafetensors.Parse(output.File("model.safetensors")).Keys);
    }

    [TestMethod]
    public void Tokenizer_files_are_copied_and_nothing_else()
    {
        using KitL kit = new KitL().Save();
        string[] names = ["tokenizer.model", "tokenizer_config.json", "tokenizer.json", "special_tokens_map.json", "added_tokens.json"];
        foreach (string name in (string[])[.. names, "generation_config.json", "optimizer.pt"])
            File.WriteAllText(kit[name], "content of " + name);
        using var output = new TempFolder();
        using (LlamaCheckpoint source = LlamaCheckpoint.Open(kit.Path))
            HuggingFaceFolder.SaveLlama(source, output.File("language"), Trained);
        using (LlamaCheckpoint source = LlamaCheckpoint.Open(kit.Path, labels: 2))
            HuggingFaceFolder.SaveLlama(source, output.File("classifier"), Trained);
        string[] all = [.. names, "config.json", "model.safetensors"];
        CollectionAssert.AreEquivalent((string[])[.. all, "generation_config.json"], Names(output.File("language")));
        CollectionAssert.AreEquivalent(all, Names(output.File("classifier")));
        foreach (string name in names)
            Assert.AreEqual("content of " + name, File.ReadAllText(Path.Combine(output.File("language"), name)));
    }

    /// <summary>Field case 70.</summary>
    [TestMethod]
    public void A_failed_save_keeps_the_old_model()
    {
        using KitL kit = new KitL().SaveShards(SafetensorsType.F16);
        using var output = new TempFolder();
        using LlamaCheckpoint source = LlamaCheckpoint.Open(kit.Path);
        HuggingFaceFolder.SaveLlama(source, output.Path, Trained);
        string[] files = Names(output.Path);

        // The last shard's: the others are written before.
        OverflowException e = Assert.ThrowsExactly<OverflowException>(
            () => HuggingFaceFolder.SaveLlama(source, output.Path, (name, values) => values.Fill(name == "lm_head.weight" ? 1e6f : 1)));
        Assert.Contains("lm_head.weight", e.Message);
        CollectionAssert.AreEquivalent(files, Names(output.Path));
        using (LlamaCheckpoint saved = LlamaCheckpoint.Open(output.Path))
            AssertTrained(saved);

        Assert.ThrowsExactly<ModelFolderException>(() => HuggingFaceFolder.SaveLlama(source, kit.Path, Trained));
        Assert.ThrowsExactly<ArgumentException>(() => HuggingFaceFolder.SaveLlama(source, output.Path, Trained, new LlamaSaveOptions { LabelNames = ["a"] }));
    }

    private static string[] Names(string folder) => [.. Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path))];

    private static void AssertTrained(LlamaCheckpoint saved)
    {
        foreach (LlamaParameter parameter in saved.Parameters)
        {
            float[] values = new float[parameter.ElementCount];
            saved.Read(parameter.Name, values);
            CollectionAssert.AreEqual(TrainedValues(parameter.Name, values.Length), values, parameter.Name);
        }
    }

    private static void Trained(string name, Span<float> destination) => TrainedValues(name, destination.Length).CopyTo(destination);

    /// <summary>Values that tell weights and elements apart and that 16 bits hold exactly.</summary>
    private static float[] TrainedValues(string name, int count) =>
        [.. Enumerable.Range(0, count).Select(i => ((i + name.Sum(c => c)) % 100) / 64f)];
}
