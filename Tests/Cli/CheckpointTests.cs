using System.Text.Json;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Cli;

/// <summary><c>train</c> with checkpoints: to go on from, to keep, to refuse.</summary>
[TestClass]
public sealed class CheckpointTests : OwnCacheTests
{
    /// <summary>Field case 68, from files to files. 48 rows in batches of 8, 3 epochs: 18 steps.</summary>
    [TestMethod]
    [DataRow("sparsegrad", "checkpoint-preliminary-2")]
    [DataRow("sparsegrad", "checkpoint-8")]
    [DataRow("full", "checkpoint-6")]
    [DataRow("full", "checkpoint-6", "--precision", "mixed")]
    public void A_resumed_run_writes_the_files_of_the_straight_one(string method, string checkpoint, params string[] more)
    {
        using var task = new TinyTask();
        string[] settings = ["--batch-size", "8", "--epochs", "3", "--selection", "refresh:3", .. more];
        CommandRun.Of(task.Train(method, [.. settings, "--save-steps", "2", "--keep", "20"])).AssertSuccess();
        string again = Path.Combine(task.Root, "again");

        CommandRun run = CommandRun.Of(task.Train(
            method, [.. settings, "--output", again, "--resume", Path.Combine(Folder(task), checkpoint)]));

        run.AssertSuccess();
        Assert.Contains("Checkpoint: going on from", run.Output);
        foreach (string file in (string[])["steps.jsonl", "model.safetensors"])
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(task.Output, file)), File.ReadAllBytes(Path.Combine(again, file)), file);
        using JsonDocument straight = Metrics(task.Output), resumed = Metrics(again);
        foreach (string name in (string[])["before", "after", "final_training_loss", "steps"])
            Assert.AreEqual(straight.RootElement.GetProperty(name).GetRawText(), resumed.RootElement.GetProperty(name).GetRawText(), name);
        JsonElement cost = straight.RootElement.GetProperty("checkpoints");
        Assert.AreEqual(method == "full" ? 9 : 10, cost.GetProperty("count").GetInt32());
        Assert.IsGreaterThan(0, cost.GetProperty("mean_seconds").GetDouble());
        Assert.AreEqual(
            Directory.GetFiles(Path.Combine(Folder(task), "checkpoint-18")).Sum(file => new FileInfo(file).Length), cost.GetProperty("bytes").GetInt64());
        Assert.AreEqual(JsonValueKind.Null, resumed.RootElement.GetProperty("checkpoints").ValueKind);
    }

    [TestMethod]
    public void The_newest_stay_and_the_last_whole_one_is_gone_on_from()
    {
        using var task = new TinyTask();
        string[] settings = ["--batch-size", "8", "--epochs", "2", "--save-steps", "3"];
        CommandRun.Of(task.Train("meprop", settings)).AssertSuccess();
        CollectionAssert.AreEquivalent(new[] { "checkpoint-9", "checkpoint-12" }, Checkpoints(task));

        // Field case 70 (c).
        File.Delete(Path.Combine(Folder(task), "checkpoint-12", "optimizer.safetensors"));
        CommandRun run = CommandRun.Of(task.Train("meprop", [.. settings, "--resume", "last", "--overwrite"]));

        run.AssertSuccess();
        Assert.Contains("checkpoint-12: not a complete checkpoint: optimizer.safetensors is missing", run.Output);
        Assert.Contains("checkpoint-9, step 9", run.Output);
        CollectionAssert.AreEquivalent(new[] { "checkpoint-9", "checkpoint-12" }, Checkpoints(task));
        Assert.HasCount(12, File.ReadAllLines(Path.Combine(task.Output, "steps.jsonl")));
    }

    [TestMethod]
    public void Another_run_is_refused_with_what_differs()
    {
        using var task = new TinyTask();
        string[] settings = ["--max-train-rows", "16", "--batch-size", "4", "--epochs", "1"];
        CommandRun.Of(task.Train("full", [.. settings, "--save-steps", "2"])).AssertSuccess();
        Directory.Delete(task.Output, recursive: true);

        Refused(task.Train("full", [.. settings, "--save-steps", "2"]), "holds checkpoints of an earlier run", "--resume last", "--overwrite");
        Refused(Resumed("lora"), "method lora, not full");
        Refused(Resumed("full", "--seed", "3"), "seed 3, not 0");
        Refused(Resumed("full", "--learning-rate", "1e-3"), "learning-rate 0.001, not 0.01");
        Refused([.. Resumed("full"), "--weight-decay", "0.5"], "weight-decay 0.5, not");
        Refused(Resumed("full", "--precision", "mixed"), "precision mixed, not absent");
        string train = Path.Combine(task.Data, "train.tsv");
        File.WriteAllLines(train, File.ReadAllLines(train).Reverse());
        Refused(Resumed("full"), "is of another run: other training rows");
        Refused(task.Train("full", [.. settings, "--resume", "last", "--checkpoints", task.Root]), "there is no complete checkpoint");
        Refused(task.Train("full", [.. settings, "--resume", Path.Combine(task.Root, "nowhere")]), "there is no such checkpoint");
        Refused(task.Train("full", [.. settings, "--save-steps", "1", "--checkpoints", Path.Combine(task.Output, "inside")]), "is or holds");
        Assert.IsFalse(Directory.Exists(task.Output));

        CommandRun.Of(task.Train("full", [.. settings, "--save-steps", "4", "--overwrite"])).AssertSuccess();
        CollectionAssert.AreEqual(new[] { "checkpoint-4" }, Checkpoints(task));

        string[] Resumed(string method, params string[] more) => task.Train(method, [.. settings, "--resume", "last", .. more]);

        static void Refused(string[] args, params string[] words) => CommandRun.Of(args).AssertFailure(1, words);
    }

    [TestMethod]
    public void Going_back_behind_a_newer_checkpoint_needs_overwrite()
    {
        using var task = new TinyTask();
        string[] settings = ["--batch-size", "8", "--epochs", "1", "--save-steps", "2", "--keep", "9"];
        CommandRun.Of(task.Train("full", settings)).AssertSuccess();
        Directory.Delete(task.Output, recursive: true);
        string[] back = task.Train("full", [.. settings, "--resume", Path.Combine(Folder(task), "checkpoint-2")]);

        CommandRun.Of(back).AssertFailure(1, "checkpoint-4, which is newer than checkpoint-2", "--overwrite");
        CommandRun.Of([.. back, "--overwrite"]).AssertSuccess();
        CollectionAssert.AreEquivalent(new[] { "checkpoint-2", "checkpoint-4", "checkpoint-6" }, Checkpoints(task));
    }

    /// <summary>Field case 71: the checkpoints stay as they are, and the message names the last.</summary>
    [TestMethod]
    public void A_loss_that_is_not_finite_leaves_the_last_good_checkpoint()
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train("full", "--epochs", "2", "--learning-rate", "1e30", "--save-steps", "1"))
            .AssertFailure(1, "Training step 2: the loss is NaN", "The last good checkpoint is", "checkpoint-1.");
        CollectionAssert.AreEqual(new[] { "checkpoint-1" }, Checkpoints(task));
        CommandRun.Of(task.Train("full", "--epochs", "2", "--learning-rate", "1e30", "--resume", "last"))
            .AssertFailure(1, "Training step 2: the loss is NaN");
    }

    [TestMethod]
    public void A_failure_names_the_checkpoint_to_go_on_from()
    {
        using var task = new TinyTask();
        string[] settings = ["--batch-size", "8", "--epochs", "1", "--save-steps", "2"];
        CommandRun.Of(task.Train("full", settings)).AssertSuccess();
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        CommandRun.Of(cancelled.Token, task.Train("full", [.. settings, "--resume", "last", "--overwrite"]))
            .AssertFailure(130, "stopped before the end", "checkpoint-6", "--resume last");
        Assert.Throws<DeviceException>(() => FailureAdvice.Give(null, () => throw new DeviceException("lost")));
    }

    /// <summary>Field case 73 too: losses and weights are those of a run without evaluations.</summary>
    [TestMethod]
    [DataRow("sparsegrad")]
    [DataRow("lora")]
    public void Evaluations_on_the_way_change_nothing(string method)
    {
        using var task = new TinyTask();
        string[] settings = ["--batch-size", "8", "--epochs", "2"];
        CommandRun.Of(task.Train(method, settings)).AssertSuccess();
        string evaluated = Path.Combine(task.Root, "evaluated");

        CommandRun.Of(task.Train(method, [.. settings, "--output", evaluated, "--eval-steps", "5", "--eval-epochs"])).AssertSuccess();

        foreach (string file in (string[])["steps.jsonl", "model.safetensors"])
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(task.Output, file)), File.ReadAllBytes(Path.Combine(evaluated, file)), file);
        Assert.IsFalse(File.Exists(Path.Combine(task.Output, "evaluations.jsonl")));
        string[] lines = File.ReadAllLines(Path.Combine(evaluated, "evaluations.jsonl"));
        using JsonDocument metrics = Metrics(evaluated), plain = Metrics(task.Output);
        JsonElement[] evaluations = [.. metrics.RootElement.GetProperty("evaluations").EnumerateArray()];
        CollectionAssert.AreEqual(new[] { 5, 6, 10, 12 }, evaluations.Select(item => item.GetProperty("step").GetInt32()).ToArray());
        Assert.HasCount(4, lines);
        using JsonDocument last = JsonDocument.Parse(lines[3]);
        Assert.AreEqual(
            plain.RootElement.GetProperty("after").GetRawText(), last.RootElement.GetProperty("metrics").GetProperty("matthews_correlation").GetRawText());
        Assert.AreEqual(plain.RootElement.GetProperty("after").GetRawText(), metrics.RootElement.GetProperty("after").GetRawText());
        Assert.IsFalse(metrics.RootElement.GetProperty("stopped_early").GetBoolean());
    }

    /// <summary>The words decide the task, so that it is solved soon and never gets better.</summary>
    [TestMethod]
    [DataRow("full")]
    [DataRow("sparsegrad")]
    public void Early_stopping_writes_the_weights_of_the_best_evaluation(string method)
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train(method, "--batch-size", "8", "--epochs", "60", "--eval-steps", "4", "--early-stopping", "3")).AssertSuccess();

        using JsonDocument metrics = Metrics(task.Output);
        JsonElement root = metrics.RootElement;
        Assert.IsTrue(root.GetProperty("stopped_early").GetBoolean());
        (int Step, double Score)[] scores =
        [
            .. root.GetProperty("evaluations").EnumerateArray().Select(item =>
                (item.GetProperty("step").GetInt32(), item.GetProperty("metrics").GetProperty("matthews_correlation").GetDouble())),
        ];
        int best = root.GetProperty("best_step").GetInt32();
        Assert.AreEqual(scores.Max(item => item.Score), root.GetProperty("after").GetDouble());
        Assert.AreEqual(scores.First(item => item.Score == scores.Max(other => other.Score)).Step, best);
        Assert.AreEqual(best + 12, root.GetProperty("steps").GetInt32());
        Assert.IsFalse(Directory.Exists(Folder(task)), "none were asked for");

        string scored = Path.Combine(task.Root, "scores.json");
        CommandRun.Of(task.Infer("evaluate", "cola", "--output", scored)).AssertSuccess();
        Assert.Contains($"\"matthews_correlation\": {root.GetProperty("after").GetRawText()}", File.ReadAllText(scored));
    }

    [TestMethod]
    public void Early_stopping_needs_evaluations()
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train("full", "--early-stopping", "2")).AssertFailure(1, "--early-stopping needs evaluations", "--eval-steps");
        task.AssertNothingWritten();
    }

    private static string Folder(TinyTask task) => task.Output + ".checkpoints";

    private static string[] Checkpoints(TinyTask task) => [.. Directory.GetFileSystemEntries(Folder(task)).Select(path => Path.GetFileName(path))];

    private static JsonDocument Metrics(string folder) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "metrics.json")));
}
