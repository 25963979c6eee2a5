using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>What an index of shards may be, and how one is refused that is not.</summary>
[TestClass]
public sealed class ShardTests
{
    private const string Index = "model.safetensors.index.json";
    private const string InShard2 = "model.layers.0.mlp.down_proj.weight";

    /// <summary>Field case 24: three faults of a shard, three messages.</summary>
    [TestMethod]
    public void A_missing_an_empty_and_an_incomplete_shard_are_told_apart()
    {
        using KitL kit = new KitL().SaveShards();
        File.Delete(kit.Shard(2));
        AssertRefused(kit, kit[Index], "of the 3 shards 1 is missing: 'model-00002-of-00003.safetensors' with 'model.layers.0.mlp.", "and 6 more");
        File.WriteAllBytes(kit.Shard(2), []);
        AssertRefused(kit, kit.Shard(2), "the file is empty (0 bytes), and should hold 'model.layers.0.mlp.");
        string[] names = ReadNames(kit, 2);
        kit.Write(kit.Shard(2), names.Where(name => name != InShard2));
        AssertRefused(kit, kit.Shard(2), $"there is no tensor '{InShard2}', which the index places here");
        kit.Write(kit.Shard(2), names);
        LlamaCheckpoint.Open(kit.Path).Dispose();
    }

    [TestMethod]
    public void All_missing_shards_are_in_one_line()
    {
        using KitL kit = new KitL().SaveShards();
        File.Delete(kit.Shard(1));
        File.Delete(kit.Shard(3));
        AssertRefused(kit, kit[Index], "of the 3 shards 2 are missing", "'model-00001-of-00003.safetensors' with", "'model-00003-of-00003.safetensors' with");
    }

    [TestMethod]
    public void A_tensor_that_is_not_listed_or_is_in_two_shards_is_an_error()
    {
        using KitL kit = new KitL().SaveShards();
        string[] names = ReadNames(kit, 2);
        kit.Tensor("extra", 1);
        kit.Write(kit.Shard(2), [.. names, "extra"]);
        AssertRefused(kit, kit.Shard(2), "there is a tensor 'extra', which the index does not list");
        kit.Write(kit.Shard(2), [.. names, "lm_head.weight"]);
        AssertRefused(kit, kit.Shard(2), "there is a tensor 'lm_head.weight', which the index places in 'model-00003-of-00003.safetensors'");
    }

    /// <summary>Field case 26. The files are there and good, so that only the names can be what is refused.</summary>
    [TestMethod]
    [DataRow("../x.safetensors")]
    [DataRow("/etc/hostname")]
    [DataRow("/x.safetensors")]
    [DataRow("a/../../x.safetensors")]
    [DataRow("a/x.safetensors")]
    [DataRow("..\\x.safetensors")]
    [DataRow("C:x.safetensors")]
    [DataRow("..")]
    [DataRow("")]
    [DataRow("config.json")]
    [DataRow("x.safetensors\n")]
    [DataRow("x\0.safetensors")]
    public void A_name_that_could_lead_out_of_the_folder_is_refused(string name)
    {
        using var outside = new TempFolder();
        using var kit = new KitL();
        string folder = Directory.CreateDirectory(outside.File("model")).FullName;
        Directory.CreateDirectory(Path.Combine(folder, "a"));
        kit.Write(outside.File("x.safetensors"), kit.Tensors.Keys);
        File.Copy(outside.File("x.safetensors"), Path.Combine(folder, "a", "x.safetensors"));
        File.Copy(kit["config.json"], Path.Combine(folder, "config.json"));
        kit.WriteIndex(kit.Tensors.Keys.ToDictionary(tensor => tensor, _ => name));
        File.Move(kit[Index], Path.Combine(folder, Index));

        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => LlamaCheckpoint.Open(folder));
        Assert.StartsWith(Path.Combine(folder, Index) + ": 'model.embed_tokens.weight' is placed in '", e.Message);
        Assert.Contains("must be a plain file name", e.Message);
        Assert.DoesNotContain("\n", e.Message);
    }

    /// <summary>Field case 26. What the links lead to is a good file or nothing: it is not opened either way.</summary>
    [TestMethod]
    public void A_link_that_leads_out_of_the_folder_is_refused()
    {
        using var outside = new TempFolder();
        using KitL kit = new KitL().SaveShards();
        string target = outside.File("x.safetensors");
        File.Move(kit.Shard(2), target);
        foreach (string link in new[] { target, Path.GetRelativePath(kit.Path, target), outside.File("nothing.safetensors") })
        {
            File.CreateSymbolicLink(kit.Shard(2), link);
            AssertRefused(kit, kit.Shard(2), "this is a link to", "put the file itself there");
            File.Delete(kit.Shard(2));
        }

        // A chain of links whose first one stays inside.
        File.CreateSymbolicLink(kit.Shard(2), "b.safetensors");
        File.CreateSymbolicLink(kit["b.safetensors"], target);
        AssertRefused(kit, kit.Shard(2), "this is a link to");
        File.Delete(kit["b.safetensors"]);
        File.CreateSymbolicLink(kit["b.safetensors"], Path.GetFileName(kit.Shard(2)));
        AssertRefused(kit, kit.Shard(2), "this is a link to");

        File.Delete(kit["b.safetensors"]);
        File.Move(target, kit["b.safetensors"]);
        LlamaCheckpoint.Open(kit.Path).Dispose();
    }

    [TestMethod]
    [DataRow("[1]", "the JSON must be an object")]
    [DataRow("{}", "there is no object weight_map")]
    [DataRow("{\"weight_map\": []}", "there is no object weight_map")]
    [DataRow("{\"weight_map\": {}}", "lists 0 shards")]
    [DataRow("{\"weight_map\": {\"a\": 3}}", "'a' is placed in '3'")]
    [DataRow("{\"weight_map\": {\"a\": \"x.safetensors\", \"a\": \"y.safetensors\"}}", "a key is there twice")]
    [DataRow("{\"weight_map\": {\"a\": \"x.safetensors\"", "not valid JSON")]
    public void What_is_no_index_is_refused(string json, string part)
    {
        using var kit = new KitL();
        File.WriteAllText(kit[Index], json);
        AssertRefused(kit, kit[Index], part);
    }

    [TestMethod]
    public void An_index_has_its_limits()
    {
        using var kit = new KitL();
        kit.WriteIndex(Enumerable.Range(0, 1001).ToDictionary(i => $"t{i}", i => $"{i}.safetensors"));
        AssertRefused(kit, kit[Index], "lists 1001 shards, expected 1 to 1000");
        using (FileStream file = File.OpenWrite(kit[Index]))
            file.SetLength((16 << 20) + 1);
        AssertRefused(kit, kit[Index], "has 16777217 bytes");
    }

    [TestMethod]
    public void One_file_goes_before_an_index()
    {
        using KitL kit = new KitL().Save();
        kit.WriteIndex(new Dictionary<string, string> { ["a"] = "../x.safetensors" });
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(kit.Path);
        CollectionAssert.AreEqual(new[] { kit["model.safetensors"] }, checkpoint.WeightPaths.ToArray());
    }

    /// <summary>Field cases 3 and 5: a shard obeys the rules that a single file obeys.</summary>
    [TestMethod]
    [DataRow(4, "4 bytes at the end")]
    [DataRow(-4, "truncated")]
    public void A_malformed_shard_keeps_its_own_exception(int bytes, string part)
    {
        using KitL kit = new KitL().SaveShards();
        using (FileStream file = File.OpenWrite(kit.Shard(2)))
            file.SetLength(file.Length + bytes);
        SafetensorsException e = Assert.ThrowsExactly<SafetensorsException>(() => LlamaCheckpoint.Open(kit.Path));
        Assert.StartsWith(kit.Shard(2) + ": ", e.Message);
        Assert.Contains(part, e.Message);
    }

    [TestMethod]
    [DataRow("pytorch_model.bin.index.json")]
    [DataRow("consolidated.00.pth")]
    public void Other_formats_are_named(string file)
    {
        using var kit = new KitL();
        File.WriteAllText(kit[file], "{}");
        AssertRefused(kit, kit.Path, $"has no model.safetensors, but a {file}; convert it");
    }

    [TestMethod]
    public void A_BERT_may_come_in_shards_too()
    {
        using KitB kit = new KitB().Save(), shards = new KitB();
        using var parts = new KitL();
        parts.Tensors.Clear();
        foreach ((string name, (long[] Shape, float[] Values) tensor) in shards.Tensors)
            parts.Tensors[name] = tensor;
        parts.SaveShards();
        File.Copy(kit["config.json"], parts["config.json"], overwrite: true);

        using BertCheckpoint one = BertCheckpoint.Open(kit.Path, labels: 2), several = BertCheckpoint.Open(parts.Path, labels: 2);
        foreach (BertParameter parameter in one.Parameters.Where(p => !p.IsHead))
        {
            float[] expected = new float[parameter.ElementCount], values = new float[parameter.ElementCount];
            one.Read(parameter.Name, expected);
            several.Read(parameter.Name, values);
            CollectionAssert.AreEqual(expected, values, parameter.Name);
        }

        using var output = new TempFolder();
        HuggingFaceFolder.SaveBert(several, output.Path, (_, values) => values.Clear());
        Assert.IsTrue(File.Exists(output.File("model.safetensors")));
    }

    [TestMethod]
    public void A_change_in_any_file_changes_the_fingerprint()
    {
        using KitL kit = new KitL().SaveShards(), same = new KitL().SaveShards(), other = new KitL();
        other.Tensors["model.norm.weight"].Values[7] = 2;
        other.SaveShards();
        using LlamaCheckpoint a = LlamaCheckpoint.Open(kit.Path), b = LlamaCheckpoint.Open(same.Path), c = LlamaCheckpoint.Open(other.Path);
        Assert.AreEqual(FileFingerprint.Of(a.WeightPaths), FileFingerprint.Of(b.WeightPaths));
        Assert.AreNotEqual(FileFingerprint.Of(a.WeightPaths), FileFingerprint.Of(c.WeightPaths));
        Assert.AreEqual(FileFingerprint.Of(a.WeightPaths[0]), FileFingerprint.Of([a.WeightPaths[0]]));
    }

    private static string[] ReadNames(KitL kit, int shard) =>
        [.. kit.Tensors.Keys.Chunk((kit.Tensors.Count + 2) / 3).ElementAt(shard - 1)];

    private static void AssertRefused(KitL kit, string path, params string[] parts)
    {
        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => LlamaCheckpoint.Open(kit.Path).Dispose());
        Assert.StartsWith(path, e.Message);
        Assert.DoesNotContain("\n", e.Message);
        foreach (string part in parts)
            Assert.Contains(part, e.Message);
    }
}
