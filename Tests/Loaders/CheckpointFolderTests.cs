using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Training;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>What a folder of checkpoints holds on to, and what it takes for whole. Field case 70.</summary>
[TestClass]
public sealed class CheckpointFolderTests
{
    private static readonly string[] Files = ["complete.json", "model.safetensors", "optimizer.safetensors", "trainer_state.json"];

    [TestMethod]
    public void Everything_comes_back()
    {
        using var saved = new Saved();
        saved.Save(3);

        using Checkpoint checkpoint = saved.Folder.OpenNewest()!;

        CollectionAssert.AreEquivalent(Files, Directory.GetFiles(checkpoint.Folder).Select(Path.GetFileName).ToArray());
        CheckpointRecord expected = SavedState.Record(new TrainingPosition(2, 3, true));
        Assert.AreEqual(expected.Position, checkpoint.Record.Position);
        Assert.IsNull(checkpoint.Record.Run.Difference(SavedState.Identity));
        Assert.AreEqual(expected.TrainingTime, checkpoint.Record.TrainingTime);
        CollectionAssert.AreEqual(expected.Evaluations[0].Scores.ToArray(), checkpoint.Record.Evaluations.Single().Scores.ToArray());
        var floats = new float[4];
        checkpoint.Read("weight/a", floats);
        CollectionAssert.AreEqual(new[] { 1f, 2f, 3f, 4f }, floats);
        var integers = new uint[2];
        checkpoint.Read("marks/a", integers);
        CollectionAssert.AreEqual(new[] { 5u, uint.MaxValue }, integers);
        Assert.Contains("is of another run", Assert.ThrowsExactly<CheckpointException>(() => checkpoint.Read("weight/b", floats)).Message);
        Assert.Contains("is of another run", Assert.ThrowsExactly<CheckpointException>(() => checkpoint.Read("weight/a", floats.AsSpan(1))).Message);
    }

    [TestMethod]
    [DataRow("optimizer.safetensors", null, "optimizer.safetensors is missing")]
    [DataRow("optimizer.safetensors", 0, "optimizer.safetensors has 0 bytes in place of")]
    [DataRow("model.safetensors", 40, "model.safetensors has 40 bytes in place of")]
    [DataRow("trainer_state.json", null, "trainer_state.json is missing")]
    [DataRow("complete.json", null, "it has no complete.json")]
    [DataRow("complete.json", 0, "complete.json is damaged")]
    public void What_is_not_whole_is_skipped_and_told(string file, int? length, string reason)
    {
        using var saved = new Saved();
        saved.Save(3);
        saved.Save(20);
        string damaged = Path.Combine(saved.Folder.PathOf(new CheckpointName(true, 20)), file);
        if (length is int bytes)
        {
            using FileStream stream = File.OpenWrite(damaged);
            stream.SetLength(bytes);
        }
        else
        {
            File.Delete(damaged);
        }

        var skipped = new List<string>();
        using Checkpoint checkpoint = saved.Folder.OpenNewest(skipped.Add)!;

        Assert.AreEqual(3, checkpoint.Record.Position.Step);
        Assert.Contains("checkpoint-20", skipped.Single());
        Assert.Contains(reason, skipped[0]);
    }

    [TestMethod]
    public void A_changed_byte_is_found()
    {
        using var saved = new Saved();
        saved.Save(3);
        string path = Path.Combine(saved.Folder.PathOf(new CheckpointName(true, 3)), "model.safetensors");
        byte[] content = File.ReadAllBytes(path);
        content[^1] ^= 1;
        File.WriteAllBytes(path, content);

        Assert.Contains("the content of model.safetensors", Assert.ThrowsExactly<CheckpointException>(() => Checkpoint.Open(Path.GetDirectoryName(path)!)).Message);
    }

    /// <summary>Field case 71.</summary>
    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.NegativeInfinity)]
    public void A_value_that_is_not_finite_is_not_saved(float value)
    {
        using var saved = new Saved();
        saved.Save(3);
        string[] before = Directory.GetFileSystemEntries(saved.Folder.Path, "*", SearchOption.AllDirectories);

        TrainingException error = Assert.ThrowsExactly<TrainingException>(() => saved.Save(4, value));

        Assert.Contains("weight/a is not finite", error.Message);
        CollectionAssert.AreEquivalent(before, Directory.GetFileSystemEntries(saved.Folder.Path, "*", SearchOption.AllDirectories));
        saved.Folder.OpenNewest()!.Dispose();
    }

    [TestMethod]
    public void The_oldest_go_but_not_the_best()
    {
        using var saved = new Saved();
        foreach (int step in (int[])[2, 10, 8, 9])
            saved.Save(step);

        saved.Folder.Prune(2, new CheckpointName(true, 2));

        CollectionAssert.AreEqual(new[] { "checkpoint-2", "checkpoint-9", "checkpoint-10" }, saved.Folder.Names.Select(name => name.ToString()).ToArray());
    }

    [TestMethod]
    public void Names_order_as_a_run_passes_them_and_others_are_left_alone()
    {
        using var files = new TempFolder();
        foreach (string name in (string[])["checkpoint-10", "checkpoint-9", "checkpoint-preliminary-20", "checkpoint-09", "checkpoint-x", "mine", ".checkpoint-11.0.tmp"])
            Directory.CreateDirectory(files.File(name));
        var folder = new CheckpointFolder(files.Path);

        folder.Prepare();

        CollectionAssert.AreEqual(new[] { "checkpoint-preliminary-20", "checkpoint-9", "checkpoint-10" }, folder.Names.Select(name => name.ToString()).ToArray());
        Assert.HasCount(6, Directory.GetDirectories(files.Path), "what was half-written is gone");
    }

    [TestMethod]
    public void What_differs_is_named()
    {
        RunIdentity run = SavedState.Identity;
        Assert.AreEqual("seed 8, not 7", run.Difference(run with { Settings = new Dictionary<string, string?> { ["seed"] = "8" } }));
        Assert.AreEqual("batch-size 4, not absent; seed absent, not 7", run.Difference(run with { Settings = new Dictionary<string, string?> { ["batch_size"] = "4" } }));
        Assert.AreEqual("another model to begin with", run.Difference(run with { Model = "other" }));
        Assert.AreEqual("11 training rows, not 10", run.Difference(run with { Train = new DataFingerprint(11, "a") }));
        Assert.AreEqual("other training rows", run.Difference(run with { Train = new DataFingerprint(10, "b") }));
        Assert.AreEqual("other rows to evaluate on", run.Difference(run with { Dev = [new DataFingerprint(1, "b")] }));
    }

    /// <summary>A folder with a state of three tensors to save.</summary>
    private sealed class Saved : IDisposable
    {
        private readonly TempFolder files = new();
        private readonly ReferenceKernels kernels = new();

        public Saved()
        {
            Folder = new CheckpointFolder(files.File("checkpoints"));
            Folder.Prepare();
        }

        public CheckpointFolder Folder { get; }

        public void Save(int step, float first = 1)
        {
            using Tensor weight = kernels.FromArray(new Shape(2, 2), [first, 2f, 3f, 4f]);
            using Tensor marks = kernels.FromArray([5u, uint.MaxValue]);
            using Tensor moment = kernels.FromArray(Shape.Vector(1), [0.5f]);
            Folder.Save(
                SavedState.Record(new TrainingPosition(2, step, true)), kernels,
                [new("weight/a", weight, false), new("marks/a", marks, false), new("moment1/a", moment, true)], null);
        }

        public void Dispose()
        {
            kernels.Dispose();
            files.Dispose();
        }
    }
}
