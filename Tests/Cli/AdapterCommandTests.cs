using System.Text.Json;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Tests.Loaders;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Cli;

/// <summary><c>merge</c> and <c>export</c> on the adapters that <c>train</c> writes.</summary>
[TestClass]
public sealed class AdapterCommandTests : OwnCacheTests
{
    /// <summary>Field case 74: train, keep the adapter alone, and make the model of base and adapter in a new process.</summary>
    [TestMethod]
    [DataRow("sparsegrad", "--fraction", "0.013", "--selection", "rows:0.3,refresh:2")]
    [DataRow("lora", "--lora-rank", "3", "--lora-alpha", "7")]
    [DataRow("meprop", "--fraction", "0.013")]
    [DataRow("bitfit")]
    [DataRow("frozen-mlp")]
    public void A_new_process_makes_the_trained_model_of_base_and_adapter(string method, params string[] more)
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train(method, ["--max-train-rows", "40", "--batch-size", "8", .. more])).AssertSuccess();
        string adapter = Path.Combine(task.Root, "adapter");
        CommandRun export = CommandRun.Of("export", "--model", task.Model, "--merged", task.Output, "--output", adapter);
        export.AssertSuccess();
        Assert.Contains($"Adapter: {method}, trained on cola from {task.Model}, 2 labels", export.Output);
        CollectionAssert.AreEquivalent(
            new[] { "adapter_config.json", "adapter_model.safetensors" }, Directory.GetFiles(adapter).Select(Path.GetFileName).ToArray());
        string trained = Path.Combine(task.Root, "trained");
        Directory.Move(task.Output, trained);

        string merged = Path.Combine(task.Root, "merged");
        CommandRun run = ChildProcess.Run(new Dictionary<string, string>(), Merge(task, adapter, merged));
        run.AssertSuccess();
        Assert.AreEqual("", run.Error);
        CollectionAssert.AreEquivalent(
            new[] { "config.json", "merge.json", "model.safetensors", "vocab.txt" }, Directory.GetFiles(merged).Select(Path.GetFileName).ToArray());
        Assert.AreEqual(File.ReadAllText(Path.Combine(trained, "config.json")), File.ReadAllText(Path.Combine(merged, "config.json")));
        CollectionAssert.AreEqual(Header(trained), Header(merged), "names, types and shapes");
        Assert.IsLessThan(1e-6, Closeness.RelativeError(Logits(merged), Array.ConvertAll(Logits(trained), value => (double)value)));

        CommandRun.Of(Merge(task, adapter, merged)).AssertFailure(1, "exists and is not empty");
        CommandRun.Of([.. Merge(task, adapter, merged), "--overwrite"]).AssertSuccess();

        using (var copy = new TempFolder())
        {
            foreach (string file in (string[])["adapter_config.json", "adapter_model.safetensors"])
                File.Copy(Path.Combine(adapter, file), copy.File(file));
            string head = RawSafetensors.Parse(copy.File("adapter_model.safetensors")).Keys.Single(name => name.EndsWith("classifier.weight", StringComparison.Ordinal));
            TrainedAdapter.Edit(copy, tensors => tensors.Remove(head));
            string refused = Path.Combine(task.Root, "refused");
            ChildProcess.Run(new Dictionary<string, string>(), Merge(task, copy.Path, refused)).AssertFailure(1, $"'{head}' was trained but is missing");
            Assert.IsFalse(Directory.Exists(refused));
        }
    }

    /// <summary>The last checkpoint of a run holds what the run writes at its end.</summary>
    [TestMethod]
    [DataRow("sparsegrad", "--fraction", "0.013", "--selection", "rows:0.3,refresh:2")]
    [DataRow("lora", "--lora-rank", "3", "--lora-alpha", "7", "--lora-targets", "output,query")]
    [DataRow("sparsegrad", "--kept-entries", "7")]
    [DataRow("meprop", "--train", "mlp")]
    [DataRow("meprop", "--kept-entries", "7")]
    [DataRow("bitfit")]
    public void The_adapter_of_the_last_checkpoint_is_that_of_the_run(string method, params string[] more)
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train(method, ["--batch-size", "8", "--save-steps", "3", .. more])).AssertSuccess();
        string adapter = Path.Combine(task.Root, "adapter"), checkpoint = Path.Combine(task.Output + ".checkpoints", "checkpoint-6");

        CommandRun.Of("export", "--model", task.Model, "--checkpoint", checkpoint, "--output", adapter, "--device", "llvmpipe").AssertSuccess();

        foreach (string file in (string[])["adapter_model.safetensors", "adapter_config.json"])
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(task.Output, "adapter", file)), File.ReadAllBytes(Path.Combine(adapter, file)), file);
    }

    [TestMethod]
    public void What_is_no_adapter_s_checkpoint_is_refused()
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train("sparsegrad", "--batch-size", "8", "--save-steps", "3", "--keep", "9", "--preliminary-steps", "4")).AssertSuccess();
        string output = Path.Combine(task.Root, "adapter"), checkpoints = task.Output + ".checkpoints";
        Refused("--checkpoint", Path.Combine(checkpoints, "checkpoint-preliminary-3"), "preliminary phase");
        Refused("--checkpoint", Path.Combine(checkpoints, "checkpoint-7"), "there is no such checkpoint");
        Refused("--merged", task.Model, "has no folder adapter");
        CommandRun.Of("export", "--model", task.Model, "--output", output).AssertFailure(1, "either --merged or --checkpoint");
        CommandRun.Of("export", "--model", task.Output, "--checkpoint", Path.Combine(checkpoints, "checkpoint-6"), "--output", output)
            .AssertFailure(1, "not the model that the run");

        void Refused(string option, string folder, string message) =>
            CommandRun.Of("export", "--model", task.Model, option, folder, "--output", output, "--device", "llvmpipe").AssertFailure(1, message);
    }

    [TestMethod]
    public void Full_fine_tuning_has_nothing_to_export()
    {
        using var task = new TinyTask(trainRows: 8);
        CommandRun.Of(task.Train("full")).AssertSuccess();
        string output = Path.Combine(task.Root, "adapter");
        CommandRun.Of("export", "--model", task.Model, "--merged", task.Output, "--output", output)
            .AssertFailure(1, "has no folder adapter", "it would be the model itself");
        CommandRun.Of(Merge(task, task.Output, output)).AssertFailure(1, "has no adapter_config.json", "full fine-tuning has none");
        CommandRun.Of("export", "--model", task.Model, "--merged", Path.Combine(task.Root, "none"), "--output", output).AssertFailure(1, "there is no such folder");
        Assert.IsFalse(Directory.Exists(output));
    }

    [TestMethod]
    public void Another_base_is_refused()
    {
        using var task = new TinyTask(trainRows: 8);
        CommandRun.Of(task.Train("bitfit")).AssertSuccess();
        string output = Path.Combine(task.Root, "out2");
        CommandRun.Of("merge", "--model", task.Output, "--adapter", Path.Combine(task.Output, "adapter"), "--output", output, "--device", "llvmpipe")
            .AssertFailure(1, $"the adapter was trained from '{task.Model}'", $"'{task.Output}' is another model");
        CommandRun.Of("export", "--model", task.Output, "--merged", task.Output, "--output", output)
            .AssertFailure(1, $"'{task.Output}' is another model");
        Assert.IsFalse(Directory.Exists(output));
    }

    [TestMethod]
    public void A_folder_that_is_no_result_is_not_replaced()
    {
        using var task = new TinyTask(trainRows: 8);
        CommandRun.Of(task.Train("bitfit")).AssertSuccess();
        string mine = Path.Combine(task.Root, "mine");
        Directory.CreateDirectory(mine);
        File.WriteAllText(Path.Combine(mine, "notes.txt"), "mine");
        CommandRun.Of([.. Merge(task, Path.Combine(task.Output, "adapter"), mine), "--overwrite"]).AssertFailure(1, "so it is not an earlier result");
        Assert.AreEqual("mine", File.ReadAllText(Path.Combine(mine, "notes.txt")));
    }

    private static string[] Merge(TinyTask task, string adapter, string output) =>
        ["merge", "--model", task.Model, "--adapter", adapter, "--output", output, "--device", "llvmpipe"];

    private static string[] Header(string folder)
    {
        using JsonDocument header = RawSafetensors.Header(Path.Combine(folder, "model.safetensors"));
        return [.. header.RootElement.EnumerateObject().Select(entry => entry.ToString())];
    }

    private static float[] Logits(string folder)
    {
        using BertCheckpoint checkpoint = BertCheckpoint.Open(folder, 2);
        using var model = new BertClassifier(TestDevice.Kernels, checkpoint.Config, checkpoint);
        return [.. Evaluation.Logits(model, TinyBert.Examples(9)).SelectMany(row => row)];
    }
}
