using System.Text.Json;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Tests.Loaders;

[TestClass]
public sealed class SaveBertTests
{
    [TestMethod]
    public void A_saved_model_holds_the_trained_values_under_the_names_of_the_source()
    {
        using KitB kit = new KitB().Rename(n => n.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal));
        kit.Tensor("cls.predictions.bias", 20);
        kit.Save(more: writer => writer.AddInt64("bert.embeddings.position_ids", SafetensorsType.I64, [1, 16], v => v.Clear()));
        using var output = new TempFolder();
        using (BertCheckpoint source = BertCheckpoint.Open(kit.Path, 2))
            CollectionAssert.AreEqual(new[] { SafetensorsType.F32 }, HuggingFaceFolder.SaveBert(source, output.Path, Trained).ToArray());

        var tensors = RawSafetensors.Parse(output.File("model.safetensors"));
        CollectionAssert.AreEquivalent(
            (string[])[.. kit.Tensors.Keys, "classifier.weight", "classifier.bias"], tensors.Keys);
        foreach ((string name, (long[] shape, float[] values)) in kit.Tensors)
        {
            float[] expected = name.StartsWith("cls.", StringComparison.Ordinal)
                ? values
                : TrainedValues(name.Replace("LayerNorm.gamma", "LayerNorm.weight", StringComparison.Ordinal), values.Length);
            Assert.AreEqual("F32", tensors[name].Type);
            CollectionAssert.AreEqual(shape, tensors[name].Shape);
            CollectionAssert.AreEqual(expected, RawSafetensors.Floats(tensors[name].Data), name);
        }

        CollectionAssert.AreEqual(new long[] { 2, 8 }, tensors["classifier.weight"].Shape);
        CollectionAssert.AreEqual(TrainedValues("classifier.weight", 16), RawSafetensors.Floats(tensors["classifier.weight"].Data));
        using JsonDocument header = RawSafetensors.Header(output.File("model.safetensors"));
        Assert.AreEqual("kit", header.RootElement.GetProperty("__metadata__").GetProperty("note").GetString());
        Assert.AreEqual("pt", header.RootElement.GetProperty("__metadata__").GetProperty("format").GetString());
    }

    [TestMethod]
    public void A_saved_model_opens_again_whole()
    {
        using KitB kit = new KitB().Save();
        using var output = new TempFolder();
        using (BertCheckpoint source = BertCheckpoint.Open(kit.Path, 3))
            HuggingFaceFolder.SaveBert(source, output.File("new/folder"), Trained);
        using BertCheckpoint saved = BertCheckpoint.Open(output.File("new/folder"), 3);
        Assert.HasCount(0, saved.NewlyInitialized);
        Assert.HasCount(0, saved.Ignored);
        Assert.AreEqual(3, BertConfigFile.Read(saved.Folder).Labels);
        foreach (BertParameter parameter in saved.Parameters)
        {
            float[] values = new float[parameter.ElementCount];
            saved.Read(parameter.Name, values);
            CollectionAssert.AreEqual(TrainedValues(parameter.Name, values.Length), values);
        }
    }

    [TestMethod]
    [DataRow(true, "bert.")]
    [DataRow(false, "")]
    public void A_source_without_prefix_gets_one_only_when_told(bool add, string prefix)
    {
        using KitB kit = new KitB().Rename(n => n.Contains("pooler", StringComparison.Ordinal) ? null : n["bert.".Length..]).Save();
        using var output = new TempFolder();
        using (BertCheckpoint source = BertCheckpoint.Open(kit.Path, 2))
            HuggingFaceFolder.SaveBert(source, output.Path, Trained, new BertSaveOptions { AddPrefix = add });
        CollectionAssert.AreEquivalent(
            (string[])[.. kit.Tensors.Keys.Select(n => prefix + n), prefix + "pooler.dense.weight", prefix + "pooler.dense.bias", "classifier.weight", "classifier.bias"],
            RawSafetensors.Parse(output.File("model.safetensors")).Keys);
        using BertCheckpoint saved = BertCheckpoint.Open(output.Path, 2);
        Assert.HasCount(0, saved.NewlyInitialized);
    }

    [TestMethod]
    public void Types_stay_those_of_the_source_and_the_new_head_is_F32()
    {
        using KitB kit = new KitB().Save(SafetensorsType.BF16);
        using var output = new TempFolder();
        using BertCheckpoint source = BertCheckpoint.Open(kit.Path, 2);
        CollectionAssert.AreEqual(
            new[] { SafetensorsType.BF16, SafetensorsType.F32 }, HuggingFaceFolder.SaveBert(source, output.Path, Trained).ToArray());
        var tensors = RawSafetensors.Parse(output.File("model.safetensors"));
        Assert.IsTrue(tensors.All(t => t.Value.Type == (t.Key.StartsWith("classifier", StringComparison.Ordinal) ? "F32" : "BF16")));

        HuggingFaceFolder.SaveBert(source, output.Path, Trained, new BertSaveOptions { WeightType = SafetensorsType.F16 });
        Assert.IsTrue(RawSafetensors.Parse(output.File("model.safetensors")).All(t => t.Value.Type == "F16"));
    }

    [TestMethod]
    [DataRow(null, "bfloat16")]
    [DataRow(SafetensorsType.F32, "float32")]
    [DataRow(SafetensorsType.F16, "float16")]
    public void The_configuration_states_a_chosen_type(SafetensorsType? type, string expected)
    {
        using KitB kit = new KitB().ReplaceInConfig("\"layer_norm_eps\": 1e-12", "\"torch_dtype\": \"bfloat16\"").Save(SafetensorsType.BF16);
        using var output = new TempFolder();
        using (BertCheckpoint source = BertCheckpoint.Open(kit.Path, 2))
            HuggingFaceFolder.SaveBert(source, output.Path, Trained, new BertSaveOptions { WeightType = type });
        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(output.File("config.json")));
        Assert.AreEqual(expected, config.RootElement.GetProperty("torch_dtype").GetString());
        Assert.IsFalse(config.RootElement.TryGetProperty("dtype", out _));
    }

    [TestMethod]
    public void A_reset_head_replaces_the_old_one()
    {
        using var kit = new KitB();
        kit.Tensor("classifier.weight", 3, 8);
        kit.Tensor("classifier.bias", 3);
        kit.Save(SafetensorsType.F16);
        using var output = new TempFolder();
        using (BertCheckpoint source = BertCheckpoint.Open(kit.Path, 1, resetHead: true))
            HuggingFaceFolder.SaveBert(source, output.Path, Trained);
        var tensors = RawSafetensors.Parse(output.File("model.safetensors"));
        CollectionAssert.AreEqual(new long[] { 1, 8 }, tensors["classifier.weight"].Shape);
        Assert.AreEqual("F32", tensors["classifier.weight"].Type);
        Assert.AreEqual("F16", tensors["bert.pooler.dense.weight"].Type);
    }

    [TestMethod]
    public void Tied_embeddings_stay_one_copy()
    {
        using KitB kit = new KitB().Save();
        using var output = new TempFolder();
        using (BertCheckpoint source = BertCheckpoint.Open(kit.Path, 2))
            HuggingFaceFolder.SaveBert(source, output.Path, Trained);
        var tensors = RawSafetensors.Parse(output.File("model.safetensors"));
        Assert.AreEqual(1, tensors.Count(t => t.Value.Shape.SequenceEqual(new long[] { 20, 8 })));
    }

    [TestMethod]
    public void The_configuration_becomes_a_classifiers_and_keeps_its_other_keys()
    {
        using KitB kit = new KitB().Save();
        using var output = new TempFolder();
        using BertCheckpoint source = BertCheckpoint.Open(kit.Path, 2);
        HuggingFaceFolder.SaveBert(source, output.Path, Trained, new BertSaveOptions { LabelNames = ["no", "yes"] });
        string text = File.ReadAllText(output.File("config.json"));
        Assert.Contains("\"layer_norm_eps\": 1e-12", text);
        Assert.Contains("1.50", text);
        Assert.Contains("é", text);
        using JsonDocument config = JsonDocument.Parse(text);
        JsonElement root = config.RootElement;
        Assert.AreEqual("""["BertForSequenceClassification"]""", Compact(root.GetProperty("architectures")));
        Assert.AreEqual(2, root.GetProperty("num_labels").GetInt32());
        Assert.AreEqual("""{"0":"no","1":"yes"}""", Compact(root.GetProperty("id2label")));
        Assert.AreEqual("""{"no":0,"yes":1}""", Compact(root.GetProperty("label2id")));
        using JsonDocument before = JsonDocument.Parse(KitB.Config);
        foreach (JsonProperty property in before.RootElement.EnumerateObject().Where(p => p.Name != "architectures"))
            Assert.AreEqual(Compact(property.Value), Compact(root.GetProperty(property.Name)), property.Name);
    }

    [TestMethod]
    [DataRow("""{"0": "a", "1": "b"}""", """{"0":"a","1":"b"}""")]
    [DataRow("""{"0": "a", "1": "b", "2": "c"}""", """{"0":"LABEL_0","1":"LABEL_1"}""")]
    [DataRow("""{"0": "a", "1": "a"}""", """{"0":"LABEL_0","1":"LABEL_1"}""")]
    [DataRow("""{"0": "a", "x": "b"}""", """{"0":"LABEL_0","1":"LABEL_1"}""")]
    public void Label_names_of_the_source_are_kept_if_they_fit(string before, string after)
    {
        using KitB kit = new KitB().ReplaceInConfig("\"layer_norm_eps\": 1e-12", "\"id2label\": " + before).Save();
        using var output = new TempFolder();
        using (BertCheckpoint source = BertCheckpoint.Open(kit.Path, 2))
            HuggingFaceFolder.SaveBert(source, output.Path, Trained);
        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(output.File("config.json")));
        Assert.AreEqual(after, Compact(config.RootElement.GetProperty("id2label")));
    }

    [TestMethod]
    public void Tokenizer_files_are_copied_and_nothing_else_is_left()
    {
        using KitB kit = new KitB().Save();
        string[] names = ["vocab.txt", "tokenizer_config.json", "tokenizer.json", "special_tokens_map.json"];
        foreach (string name in names)
            File.WriteAllText(kit[name], "content of " + name);
        File.WriteAllText(kit["optimizer.pt"], "not ours");
        using var output = new TempFolder();
        using (BertCheckpoint source = BertCheckpoint.Open(kit.Path, 2))
            HuggingFaceFolder.SaveBert(source, output.Path, Trained);
        CollectionAssert.AreEquivalent(
            (string[])[.. names, "config.json", "model.safetensors"],
            Directory.GetFileSystemEntries(output.Path).Select(Path.GetFileName).ToArray());
        foreach (string name in names)
            Assert.AreEqual("content of " + name, File.ReadAllText(output.File(name)));
    }

    [TestMethod]
    public void The_source_folder_is_never_written_to()
    {
        using KitB kit = new KitB().Save();
        using var other = new TempFolder();
        Directory.CreateSymbolicLink(other.File("link"), kit.Path);
        byte[] before = File.ReadAllBytes(kit["model.safetensors"]);
        using BertCheckpoint source = BertCheckpoint.Open(kit.Path, 2);
        foreach (string folder in new[] { kit.Path, kit.Path + Path.DirectorySeparatorChar, kit["."], other.File("link") })
        {
            ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => HuggingFaceFolder.SaveBert(source, folder, Trained));
            Assert.Contains("choose another output folder", e.Message);
        }

        CollectionAssert.AreEqual(before, File.ReadAllBytes(kit["model.safetensors"]));
        Assert.HasCount(2, Directory.GetFileSystemEntries(kit.Path));
    }

    [TestMethod]
    public void A_failed_save_leaves_no_half_model()
    {
        using KitB kit = new KitB().Save(SafetensorsType.F16);
        using var output = new TempFolder();
        using BertCheckpoint source = BertCheckpoint.Open(kit.Path, 2);
        OverflowException e = Assert.ThrowsExactly<OverflowException>(() => HuggingFaceFolder.SaveBert(source, output.Path, (_, values) => values.Fill(1e6f)));
        Assert.Contains("bert.embeddings", e.Message);
        Assert.HasCount(0, Directory.GetFileSystemEntries(output.Path));
        Assert.ThrowsExactly<ArgumentException>(() => HuggingFaceFolder.SaveBert(source, output.Path, Trained, new BertSaveOptions { LabelNames = ["one"] }));
        Assert.ThrowsExactly<ArgumentException>(() => HuggingFaceFolder.SaveBert(source, output.Path, Trained, new BertSaveOptions { LabelNames = ["a", "a"] }));
    }

    private static void Trained(string name, Span<float> destination) => TrainedValues(name, destination.Length).CopyTo(destination);

    /// <summary>Values that tell weights and elements apart and that 16 bits hold exactly.</summary>
    private static float[] TrainedValues(string name, int count) =>
        [.. Enumerable.Range(0, count).Select(i => ((i + name.Length + name[^3]) % 100) / 64f)];

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);
}
