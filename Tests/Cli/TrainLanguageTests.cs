using System.Text.Json;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Tests.Loaders;

namespace VkSparseGrad.Tests.Cli;

/// <summary><c>train-lm</c> on a tiny LLaMA, and what becomes of its results.</summary>
[TestClass]
public sealed class TrainLanguageTests : OwnCacheTests
{
    [TestMethod]
    [DataRow("sparsegrad", "text", "--kept-entries", "40", "--validation")]
    [DataRow("sparsegrad", "chat", "--layers", "%2", "--gate")]
    [DataRow("lora", "text", "--lora-rank", "4", "--lora-targets", "intermediate,output,gate")]
    [DataRow("lora", "chat", "--loss-on", "all", "--checkpointing")]
    [DataRow("meprop", "text", "--train", "all", "--precision", "mixed")]
    [DataRow("frozen-mlp", "chat", "--train", "all")]
    public void It_learns_and_its_result_writes_alike_merged_and_as_an_adapter(string method, string format, params string[] more)
    {
        using var task = new TinyLanguageTask();

        CommandRun run = CommandRun.Of(task.Train(method, format, ["--epochs", "4", .. more]));

        run.AssertSuccess();
        Assert.AreEqual("", run.Error);
        CollectionAssert.AreEquivalent(
            new[] { "adapter", "config.json", "metrics.json", "model.safetensors", "steps.jsonl", "tokenizer.json" },
            Directory.GetFileSystemEntries(task.Output).Select(Path.GetFileName).ToArray());
        using JsonDocument metrics = Metrics(task.Output);
        JsonElement root = metrics.RootElement;
        Assert.AreEqual("validation loss", root.GetProperty("metric").GetString());
        double before = root.GetProperty("before").GetDouble(), after = root.GetProperty("after").GetDouble();
        Assert.IsLessThan(0.9 * before, after);
        Assert.AreEqual(Math.Exp(after), root.GetProperty("metrics").GetProperty("perplexity").GetProperty("after").GetDouble(), 1e-9 * Math.Exp(after));
        Assert.HasCount(root.GetProperty("steps").GetInt32(), File.ReadAllLines(Path.Combine(task.Output, "steps.jsonl")));

        // The merged model is one to begin with, of the same loss.
        string again = Path.Combine(task.Root, "again");
        CommandRun.Of(task.Train("full", format, "--model", task.Output, "--output", again, "--epochs", "1", "--loss-on", more.Contains("--loss-on") ? "all" : "answers")).AssertSuccess();
        using (JsonDocument next = Metrics(again))
            Assert.AreEqual(after, next.RootElement.GetProperty("before").GetDouble(), 1e-5);

        string[] prompt = ["--greedy", "--prompt", "hi a", .. format == "chat" ? (string[])["--chat"] : []];
        string merged = Generate(task.Output, prompt);
        Assert.AreEqual(merged, Generate(task.Model, [.. prompt, "--adapter", task.Adapter]));
        Assert.AreNotEqual(merged, Generate(task.Model, prompt), "the base writes something else");
    }

    [TestMethod]
    public void Full_fine_tuning_has_no_adapter_and_the_shares_of_files_are_told()
    {
        using var task = new TinyLanguageTask();
        File.Delete(Path.Combine(task.Texts, "validation.txt"));

        CommandRun run = CommandRun.Of(task.Train("full", "text", "--validation-share", "0.25"));

        run.AssertSuccess();
        Assert.IsFalse(Directory.Exists(task.Adapter));
        Assert.Contains("Data: training: ", run.Output);
        Assert.Contains("Data: validation: ", run.Output);
        Assert.IsGreaterThan(0, JsonNumber(task.Output, "before"));
    }

    /// <summary>The best is the one of the lowest loss.</summary>
    [TestMethod]
    public void Early_stopping_keeps_the_lowest_validation_loss()
    {
        using var task = new TinyLanguageTask();
        CommandRun.Of(task.Train("full", "text", "--epochs", "40", "--schedule", "constant", "--learning-rate", "5e-2", "--eval-steps", "2", "--early-stopping", "2", "--train", "all")).AssertSuccess();

        using JsonDocument metrics = Metrics(task.Output);
        double[] losses = [.. metrics.RootElement.GetProperty("evaluations").EnumerateArray().Select(item => item.GetProperty("metrics").GetProperty("validation loss").GetDouble())];
        Assert.AreEqual(losses.Min(), metrics.RootElement.GetProperty("after").GetDouble(), 1e-9);
        Assert.IsTrue(metrics.RootElement.GetProperty("stopped_early").GetBoolean());
    }

    /// <summary>Field case 68: 24 documents in blocks, 2 epochs.</summary>
    [TestMethod]
    [DataRow("sparsegrad", "--kept-entries", "40")]
    [DataRow("lora")]
    [DataRow("full", "--train", "all")]
    public void A_resumed_run_writes_the_bytes_of_the_straight_one(string method, params string[] more)
    {
        using var task = new TinyLanguageTask();
        string[] settings = ["--epochs", "2", "--layers", "0,2", .. more];
        CommandRun.Of(task.Train(method, "text", settings)).AssertSuccess();
        string again = Path.Combine(task.Root, "again"), checkpoints = Path.Combine(task.Root, "checkpoints");
        string[] saving = [.. settings, "--output", again, "--save-steps", "3", "--keep", "9", "--checkpoints", checkpoints];
        CommandRun.Of(task.Train(method, "text", saving)).AssertSuccess();
        AssertSame(task.Output, again, "model.safetensors", "steps.jsonl");

        // As if the run had been stopped: only the checkpoint of step 3 is there.
        Directory.Delete(again, recursive: true);
        foreach (string other in Directory.GetDirectories(checkpoints).Where(path => Path.GetFileName(path) != "checkpoint-3"))
            Directory.Delete(other, recursive: true);
        CommandRun resumed = CommandRun.Of(task.Train(method, "text", [.. saving, "--resume", "last"]));

        resumed.AssertSuccess();
        Assert.Contains("checkpoint-3, step 3", resumed.Output);
        AssertSame(task.Output, again, "model.safetensors", "steps.jsonl");
        if (method != "full")
            AssertSame(task.Adapter, Path.Combine(again, "adapter"), "adapter_model.safetensors", "adapter_config.json");

        string[] changed = ["--resume", "last", "--overwrite", "--layers", "0,1"];
        CommandRun.Of(task.Train(method, "text", [.. saving.Where(arg => arg is not ("--layers" or "0,2")), .. changed]))
            .AssertFailure(1, "is of another run", "layers 0,1, not 0,2");
    }

    /// <summary>The adapter of a checkpoint is that of the run that wrote it at its end.</summary>
    [TestMethod]
    [DataRow("sparsegrad", "--kept-entries", "40", "--layers", "%2", "--gate")]
    [DataRow("meprop", "--layers", "1")]
    [DataRow("lora", "--lora-targets", "query,gate")]
    public void Export_and_merge(string method, params string[] more)
    {
        using var task = new TinyLanguageTask();
        CommandRun.Of(task.Train(method, "text", ["--save-steps", "1", "--keep", "1", .. more])).AssertSuccess();
        int steps = (int)JsonNumber(task.Output, "steps");
        string last = Path.Combine(task.Output + ".checkpoints", $"checkpoint-{steps}");
        foreach (string[] source in (string[][])[["--merged", task.Output], ["--checkpoint", last, "--device", "llvmpipe"]])
        {
            string exported = Path.Combine(task.Root, "exported" + source.Length);
            CommandRun.Of(["export", "--model", task.Model, "--output", exported, .. source]).AssertSuccess();
            AssertSame(task.Adapter, exported, "adapter_model.safetensors", "adapter_config.json");
        }

        string merged = Path.Combine(task.Root, "merged");
        CommandRun run = CommandRun.Of("merge", "--model", task.Model, "--adapter", task.Adapter, "--output", merged, "--device", "llvmpipe");
        run.AssertSuccess();
        Assert.Contains($"Adapter: {method}, trained on language-model from {task.Model}", run.Output);
        Assert.DoesNotContain("0 labels", run.Output);
        string[] prompt = ["--greedy", "--prompt", "hi"];
        Assert.AreEqual(Generate(task.Output, prompt), Generate(merged, prompt));
        CollectionAssert.AreEquivalent(
            RawSafetensors.Parse(Path.Combine(task.Model, "model.safetensors")).Keys, RawSafetensors.Parse(Path.Combine(merged, "model.safetensors")).Keys);

        CommandRun.Of("merge", "--model", task.Output, "--adapter", task.Adapter, "--output", Path.Combine(task.Root, "refused"), "--device", "llvmpipe")
            .AssertFailure(1, "is another model");
        CommandRun.Of("evaluate", "--model", task.Model, "--adapter", task.Adapter, "--task", "cola", "--data", task.Cola, "--device", "llvmpipe")
            .AssertFailure(1);
    }

    [TestMethod]
    [DataRow("sparsegrad", "--kept-entries", "40")]
    [DataRow("lora", "--lora-targets", "output,gate,query")]
    [DataRow("bitfit")]
    public void A_classifier_is_trained_and_scored_by_itself_and_by_its_adapter(string method, params string[] more)
    {
        using var task = new TinyLanguageTask();

        CommandRun.Of(task.Classify(method, ["--save-steps", "1", "--keep", "1", .. more])).AssertSuccess();

        double after = JsonNumber(task.Output, "after");
        double Evaluate(string name, params string[] model)
        {
            string output = Path.Combine(task.Root, "scores", name);
            CommandRun.Of(["evaluate", "--task", "cola", "--data", task.Cola, "--device", "llvmpipe", "--output", output, .. model]).AssertSuccess();
            using JsonDocument scores = JsonDocument.Parse(File.ReadAllBytes(output));
            return scores.RootElement.GetProperty("score").GetDouble();
        }

        Assert.AreEqual(after, Evaluate("merged.json", "--model", task.Output), 1e-9);
        Assert.AreEqual(after, Evaluate("adapted.json", "--model", task.Model, "--adapter", task.Adapter), 1e-9);
        Assert.AreEqual(2, LlamaConfigFile.ReadLabels(task.Output));

        string merged = Path.Combine(task.Root, "merged"), exported = Path.Combine(task.Root, "exported");
        CommandRun.Of("merge", "--model", task.Model, "--adapter", task.Adapter, "--output", merged, "--device", "llvmpipe").AssertSuccess();
        Assert.AreEqual(after, Evaluate("again.json", "--model", merged), 1e-9);
        int steps = (int)JsonNumber(task.Output, "steps");
        CommandRun.Of(
            "export", "--model", task.Model, "--checkpoint", Path.Combine(task.Output + ".checkpoints", $"checkpoint-{steps}"),
            "--output", exported, "--device", "llvmpipe").AssertSuccess();
        AssertSame(task.Adapter, exported, "adapter_model.safetensors", "adapter_config.json");
        CommandRun.Of(TinyLanguageTask.Generate(task.Model, "--adapter", task.Adapter, "--prompt", "hi")).AssertFailure(1, task.Adapter);
    }

    [TestMethod]
    [DataRow("lora")]
    [DataRow("sparsegrad")]
    public void Of_a_classifier_in_16_bits_the_frozen_weights_stay_so_as_planned(string method)
    {
        using var task = new TinyLanguageTask(SafetensorsType.BF16);

        CommandRun.Of(task.Classify(method, "--train", "mlp")).AssertSuccess();
        CommandRun plan = CommandRun.Of(
            "plan", "--model", task.Model, "--method", method, "--train", "mlp", "--task", "classify", "--weights", "bf16", "--length", "16", "--json");
        plan.AssertSuccess();

        using JsonDocument planned = JsonDocument.Parse(plan.Output);
        using JsonDocument metrics = Metrics(task.Output);
        JsonElement training = planned.RootElement.GetProperty("phases").EnumerateArray().Last();
        Assert.AreEqual(
            training.GetProperty("weights_bytes").GetInt64(),
            metrics.RootElement.GetProperty("peak_device_bytes").GetProperty("weights").GetInt64());
    }

    [TestMethod]
    [DataRow("--layers is '%0'", "--layers", "%0")]
    [DataRow("--layers is '0,,2'", "--layers", "0,,2")]
    [DataRow("--layers is 'some'", "--layers", "some")]
    [DataRow("there is no block 99", "--layers", "99")]
    [DataRow("named twice", "--layers", "1,1")]
    [DataRow("--block-size is 97, but the model has 96 positions", "--block-size", "97")]
    [DataRow("leave one of them out", "--kept-entries", "40", "--fraction", "0.1")]
    [DataRow("--kept-entries", "--kept-entries", "0")]
    [DataRow("no such folder", "--model", "/nowhere/at-all")]
    [DataRow("/nowhere/at-all", "--data", "/nowhere/at-all")]
    [DataRow("--layer'", "--layer", "1")]
    [DataRow("--format", "--format", "prose")]
    [DataRow("--early-stopping needs evaluations", "--early-stopping", "2")]
    [DataRow("nothing to train", "--method", "bitfit")]
    public void A_refusal_is_one_line_and_leaves_nothing(string message, params string[] more)
    {
        using var task = new TinyLanguageTask();

        CommandRun run = CommandRun.Of(task.Train("sparsegrad", "text", more));

        Assert.AreNotEqual(0, run.ExitCode);
        run.AssertFailure(run.ExitCode, message);
        task.AssertNothingWritten();
    }

    [TestMethod]
    public void Files_that_do_not_belong_together_are_refused()
    {
        using var task = new TinyLanguageTask();
        File.WriteAllText(Path.Combine(task.Chats, "train.jsonl"), "{\"nothing\": 1}\n");
        CommandRun.Of(task.Train("lora", "chat")).AssertFailure(1, "train.jsonl");
        string tokenizer = Path.Combine(task.Model, "tokenizer.json"), text = File.ReadAllText(tokenizer);
        File.WriteAllText(tokenizer, text.Replace(":268", ":269", StringComparison.Ordinal));
        CommandRun.Of(task.Train("lora", "text")).AssertFailure(1, "the vocabulary has 270 tokens, but the model has 269 word embeddings");
        File.Delete(tokenizer);
        CommandRun.Of(task.Train("lora", "text")).AssertFailure(1, "tokenizer");
        CommandRun.Of(task.Train("lora", "text", "--model", Path.Combine(AppContext.BaseDirectory, "golden", "tiny-bert-classify"))).AssertFailure(1, "model_type");
        task.AssertNothingWritten();
    }

    private static string Generate(string model, string[] more)
    {
        CommandRun run = CommandRun.Of(TinyLanguageTask.Generate(model, more));
        run.AssertSuccess();
        Assert.AreEqual("", run.Error);
        return run.Output;
    }

    private static void AssertSame(string expected, string actual, params string[] files)
    {
        foreach (string file in files)
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(expected, file)), File.ReadAllBytes(Path.Combine(actual, file)), file);
    }

    private static JsonDocument Metrics(string folder) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "metrics.json")));

    private static double JsonNumber(string folder, string name)
    {
        using JsonDocument metrics = Metrics(folder);
        return metrics.RootElement.GetProperty(name).GetDouble();
    }
}
