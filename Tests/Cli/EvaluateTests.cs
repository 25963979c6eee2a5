using System.Text.Json;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Tests.Loaders;
using VkSparseGrad.Tests.Text;

namespace VkSparseGrad.Tests.Cli;

/// <summary>Tiny models trained on pair tasks, then scored and asked for predictions by themselves.</summary>
[TestClass]
public sealed class EvaluateTests : OwnCacheTests
{
    [TestMethod]
    public void MNLI_from_training_to_the_benchmarks_files()
    {
        using var task = new TinyTask();
        TinyPairs.WriteMnli(task);
        CommandRun train = CommandRun.Of(task.Train("full", "--task", "mnli", "--epochs", "4", "--validation"));
        train.AssertSuccess();
        Assert.Contains("Data: dev_matched.tsv 17 rows, 1 row skipped: line 19 (label '-')\n", train.Output);
        Assert.Contains("Data: dev_mismatched.tsv 17 rows", train.Output);
        Assert.Contains("accuracy_mismatched", train.Output);
        (string, double)[] after = After(task);
        CollectionAssert.AreEqual(new[] { "accuracy", "accuracy_mismatched" }, after.Select(score => score.Item1).ToArray());
        Assert.IsGreaterThan(0.5, after[0].Item2, "three classes that words decide");

        JsonElement scores = AssertScoresAre(after, task, "mnli");
        Assert.AreEqual("accuracy", scores.GetProperty("metric").GetString());
        Assert.AreEqual("dev_matched.tsv 17 1, dev_mismatched.tsv 17 1", string.Join(", ", scores.GetProperty("files").EnumerateArray().Select(
            file => $"{file.GetProperty("name")} {file.GetProperty("rows")} {file.GetProperty("skipped_rows")}")));

        string folder = Path.Combine(task.Root, "submission");
        CommandRun.Of(task.Infer("predict", "mnli", "--output", folder)).AssertSuccess();
        CollectionAssert.AreEquivalent(new[] { "MNLI-m.tsv", "MNLI-mm.tsv" }, Directory.GetFiles(folder).Select(Path.GetFileName).ToArray());
        AssertPredictions(Path.Combine(folder, "MNLI-mm.tsv"), 91, 5, "^(entailment|neutral|contradiction)$");
        AssertPredictions(Path.Combine(folder, "MNLI-m.tsv"), 50, 5, "^(entailment|neutral|contradiction)$");
    }

    [TestMethod]
    public void One_dev_file_of_MNLI_alone()
    {
        using var task = new TinyTask();
        TinyPairs.WriteMnli(task);
        File.Delete(Path.Combine(task.Data, "dev_matched.tsv"));
        File.Move(Path.Combine(task.Data, "train.tsv"), Path.Combine(task.Data, "train_sample.tsv"));
        string[] train = task.Train("full", "--task", "mnli", "--train-file", "train_sample.tsv", "--dev-file", "dev_mismatched.tsv");

        CommandRun.Of(train).AssertSuccess();

        Assert.AreEqual("accuracy_mismatched", After(task).Single().Metric);
        using JsonDocument metrics = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(task.Output, "metrics.json")));
        Assert.AreEqual("dev_mismatched.tsv", metrics.RootElement.GetProperty("settings").GetProperty("dev_file").GetString());
        AssertScoresAre(After(task), task, "mnli", "--file", "dev_mismatched.tsv");
        CommandRun.Of([.. train, "--overwrite", "--strict-data"]).AssertFailure(1, "dev_mismatched.tsv' line 19 does not fit MNLI: label '-'");
    }

    [TestMethod]
    public void STSB_from_training_to_the_benchmarks_file()
    {
        using var task = new TinyTask();
        TinyPairs.WriteStsb(task);
        CommandRun.Of(task.Train("full", "--task", "stsb", "--epochs", "12", "--learning-rate", "3e-3", "--validation")).AssertSuccess();
        (string Metric, double Score)[] after = After(task);
        CollectionAssert.AreEqual(new[] { "pearson", "spearmanr" }, after.Select(score => score.Metric).ToArray());
        Assert.IsGreaterThan(0.5, after[0].Score, "scores that words decide");

        using var foreign = new ForeignCulture();
        AssertScoresAre(after, task, "stsb");
        string file = Path.Combine(task.Root, "mine.tsv");
        CommandRun run = CommandRun.Of(task.Infer("predict", "stsb", "--output", file));
        run.AssertSuccess();
        Assert.Contains($"5 predictions are in {file}", run.Output);
        AssertPredictions(file, 70, 5, @"^-?[0-9]\.[0-9]{3}$");
        CommandRun.Of(task.Infer("predict", "stsb", "--output", file)).AssertFailure(1, "exists; choose another name, or replace it with --overwrite");
        CommandRun.Of(task.Infer("predict", "stsb", "--split", "dev", "--output", file, "--overwrite")).AssertSuccess();
        AssertPredictions(file, 48, 18, @"^-?[0-9]\.[0-9]{3}$");
    }

    /// <summary>The base has another head, or none.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void An_adapter_on_its_base_scores_as_the_merged_model(bool withoutHead)
    {
        using var task = new TinyTask();
        TinyPairs.WriteStsb(task);
        if (withoutHead)
            RemoveHead(task);
        CommandRun.Of(task.Train("sparsegrad", "--task", "stsb", "--epochs", "3")).AssertSuccess();
        string adapter = Path.Combine(task.Output, "adapter");
        Assert.AreNotEqual(Scores(task, "before")[0].Score, After(task)[0].Score, 0.01, "a model that was not changed would score as the changed one");
        foreach (string[] model in (string[][])[["--model", task.Output], ["--model", task.Model, "--adapter", adapter]])
            AssertScoresAre(After(task), task, "stsb", model);

        CommandRun.Of(task.Infer("evaluate", "cola", "--model", task.Model, "--adapter", adapter, "--file", CoLA(task)))
            .AssertFailure(1, adapter, "the number of the adapter's classifier outputs is 1, but CoLA needs 2; choose the task it was trained for");
    }

    /// <summary>Field case 45.</summary>
    [TestMethod]
    [DataRow("cola", "index\tsentence\n0\tab ac\n")]
    [DataRow("sst2", "index\tsentence\n0\tab ac\n1\tad\n")]
    [DataRow("sst2", "sentence\tlabel\nab ac\t-1\nad\t-1\n")]
    public void Data_without_labels_is_predicted_and_not_scored(string name, string content)
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train("full", "--epochs", "1")).AssertSuccess();
        File.WriteAllText(Path.Combine(task.Data, "test.tsv"), content);

        CommandRun evaluation = CommandRun.Of(task.Infer("evaluate", name, "--file", "test.tsv"));
        evaluation.AssertFailure(1, "test.tsv' line ", "Without labels there is no score; 'vksparsegrad predict' writes predictions.");
        Assert.AreEqual("", evaluation.Output, "nothing is begun");
        string file = Path.Combine(task.Root, "out.tsv");
        CommandRun.Of(task.Infer("predict", name, "--output", file)).AssertSuccess();
        AssertPredictions(file, 0, content.Count(c => c == '\n') - 1, "^[01]$");
    }

    /// <summary>Field case 41.</summary>
    [TestMethod]
    public void Broken_rows_of_QQP_are_left_out_by_line_or_refused()
    {
        using var task = new TinyTask();
        const string header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate";
        task.WriteData("train.tsv", [header, "1\t2\t3\tab\tac\t1", "1\t2\t3", "1\t2\t3\tab\tac\tad\t1", "1\t2\t3\tab\tac\tx", "1\t2\t3\tab\tac\t2"]);
        task.WriteData("dev.tsv", [header, "1\t2\t3\tab\tac\t1", "1\t2\t3\tab\tac\t0"]);
        task.WriteData("test.tsv", ["id\tquestion1\tquestion2", "7\tab\tac", "8\tab", "9\tad\tac"]);
        string[] train = task.Train("full", "--task", "qqp");
        CommandRun run = CommandRun.Of(train);
        run.AssertSuccess();
        Assert.Contains(
            "Data: train 1 rows, 4 rows skipped: line 3 (3 columns, not 6), line 4 (7 columns, not 6), line 5 (label 'x'), line 6 (label '2')", run.Output);
        CommandRun.Of([.. train, "--overwrite", "--strict-data"]).AssertFailure(1, "train.tsv' line 3 does not fit QQP: 3 columns, not 6");

        run = CommandRun.Of(task.Infer("predict", "qqp", "--output", task.Root));
        run.AssertSuccess();
        Assert.Contains("Data: test.tsv 2 rows, 1 row skipped: line 3 (2 columns, not 3)", run.Output);
        CollectionAssert.AreEqual(
            new[] { "index", "7", "9" }, File.ReadAllLines(Path.Combine(task.Root, "QQP.tsv")).Select(line => line.Split('\t')[0]).ToArray());
        CommandRun.Of(task.Infer("predict", "qqp", "--output", task.Output + ".tsv", "--strict-data")).AssertFailure(1, "test.tsv' line 3 does not fit QQP");
    }

    /// <summary>Field case 66.</summary>
    [TestMethod]
    public void Scores_that_are_undefined_are_said_to_be_and_leave_the_file_valid_JSON()
    {
        using var task = new TinyTask();
        TinyPairs.WriteStsb(task);
        SetHead(task, outputs: 1, bias: 2.5f);
        JsonElement scores = Evaluate(task, "stsb", out CommandRun run, "--model", task.Model);
        Assert.AreEqual(2, run.Output.Split("undefined").Length - 1, run.Output);
        foreach (string name in (string[])["pearson", "spearmanr"])
            Assert.AreEqual(JsonValueKind.Null, scores.GetProperty("metrics").GetProperty(name).ValueKind);
        Assert.AreEqual(JsonValueKind.Null, scores.GetProperty("score").ValueKind);

        SetHead(task, outputs: 2, bias: 0);
        File.WriteAllText(Path.Combine(task.Data, "ones.tsv"), "made\t0\t\tab\nmade\t0\t\tac\n");
        scores = Evaluate(task, "cola", out _, "--model", task.Model, "--file", "ones.tsv", "--overwrite");
        Assert.AreEqual(JsonValueKind.Null, scores.GetProperty("metrics").GetProperty("matthews_correlation").ValueKind);
        Assert.AreEqual(1, scores.GetProperty("metrics").GetProperty("accuracy").GetDouble());

        task.WriteData("empty.tsv", []);
        CommandRun.Of(task.Infer("evaluate", "cola", "--model", task.Model, "--file", "empty.tsv")).AssertFailure(1, "empty.tsv' holds no example");
    }

    /// <summary>Field case 47: 6.25, 6.25, 0 and 1.21, averaged.</summary>
    [TestMethod]
    public void The_loss_of_scores_is_the_mean_squared_error()
    {
        using var task = new TinyTask();
        TinyPairs.WriteStsb(task);
        string[] lines = File.ReadAllLines(Path.Combine(task.Data, "train.tsv"));
        string[] scores = ["score", "5.000", "0.000", "2.5", "3.6"];
        task.WriteData("train.tsv", scores.Zip(lines, (score, line) => line[..(line.LastIndexOf('\t') + 1)] + score));
        string[] train = [.. task.Train("full", "--task", "stsb").Where(arg => arg != "--reset-head")];

        SetHead(task, outputs: 2, bias: 2.5f);
        CommandRun.Of(train).AssertFailure(1, "(2 labels)", "(1 label)", "--reset-head");
        SetHead(task, outputs: 1, bias: 2.5f);
        CommandRun.Of(train).AssertSuccess();

        using JsonDocument step = JsonDocument.Parse(File.ReadAllLines(Path.Combine(task.Output, "steps.jsonl")).Single());
        Assert.AreEqual(3.4275, step.RootElement.GetProperty("loss").GetDouble(), 1e-5);
    }

    [TestMethod]
    public void What_cannot_be_scored_or_written_is_refused_before_any_work()
    {
        using var task = new TinyTask();
        TinyPairs.WriteMnli(task);
        void Refused(string[] args, params string[] words)
        {
            CommandRun run = CommandRun.Of(args);
            run.AssertFailure(1, words);
            Assert.AreEqual("", run.Output, "nothing is begun");
        }

        string[] Infer(string command, params string[] more) => task.Infer(command, "mnli", ["--model", task.Model, .. more]);
        Refused(task.Infer("evaluate", "cola", "--model", task.Model), "3 labels", "2 labels", "--reset-head");
        Refused(Infer("evaluate", "--file", "nowhere.tsv"), "nowhere.tsv' does not exist; MNLI is looked for as train.tsv, dev_matched.tsv, dev_mismatched.tsv, test_matched.tsv and test_mismatched.tsv");
        Refused(Infer("evaluate", "--strict-data"), "dev_matched.tsv' line 19 does not fit MNLI");
        Refused(Infer("evaluate", "--output", task.Data), "is a folder; name a file");
        string dev = Path.Combine(task.Data, "dev_matched.tsv");
        Refused(Infer("evaluate", "--output", dev, "--overwrite"), "is read from");
        Refused(Infer("predict", "--output", Path.Combine(task.Root, "both.tsv")), "is one file, but test_matched.tsv and test_mismatched.tsv are read");
        Refused(Infer("predict", "--output", Path.Combine(task.Model, "vocab.txt")), "vocab.txt is a file");
        RemoveHead(task);
        Refused(Infer("evaluate"), "the model has no 'classifier.weight'", "train it first, or name the --adapter");
        CommandRun.Of(Infer("predict", "--output", "x", "--split", "train")).AssertFailure(2, "--split 'train' is not one of test, dev");
        task.AssertNothingWritten();
    }

    private static string CoLA(TinyTask task)
    {
        File.WriteAllText(Path.Combine(task.Data, "cola.tsv"), "made\t0\t\tab\nmade\t1\t\tac\n");
        return "cola.tsv";
    }

    /// <summary>The scores that a run ended with.</summary>
    private static (string Metric, double Score)[] After(TinyTask task) => Scores(task, "after");

    private static (string Metric, double Score)[] Scores(TinyTask task, string time)
    {
        using JsonDocument metrics = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(task.Output, "metrics.json")));
        return [.. metrics.RootElement.GetProperty("metrics").EnumerateObject().Select(metric =>
        {
            Assert.AreEqual(JsonValueKind.Number, metric.Value.GetProperty("before").ValueKind);
            return (metric.Name, metric.Value.GetProperty(time).GetDouble());
        })];
    }

    /// <summary>Asserts what <c>evaluate</c> says; a model that was rotated while it was trained differs from its files by rounding. So small
    /// a model's predictions are near each other, and subgroups of another width alone move their correlation by 1e-4.</summary>
    private static JsonElement AssertScoresAre((string Metric, double Score)[] expected, TinyTask task, string glueTask, params string[] more)
    {
        double tolerance = File.Exists(Path.Combine(task.Output, "adapter", "adapter_config.json")) ? 5e-4 : 0;
        JsonElement scores = Evaluate(task, glueTask, out CommandRun run, [.. more, "--overwrite"]);
        CollectionAssert.AreEqual(expected.Select(score => score.Metric).ToArray(), scores.GetProperty("metrics").EnumerateObject().Select(metric => metric.Name).ToArray());
        foreach ((string metric, double score) in expected)
        {
            Assert.AreEqual(score, scores.GetProperty("metrics").GetProperty(metric).GetDouble(), tolerance, metric);
            if (tolerance == 0)
                Assert.Contains(FormattableString.Invariant($"{score:F4}"), run.Output);
        }

        Assert.AreEqual(expected[0].Score, scores.GetProperty("score").GetDouble(), tolerance);
        return scores;
    }

    private static JsonElement Evaluate(TinyTask task, string glueTask, out CommandRun run, params string[] more)
    {
        string output = Path.Combine(task.Root, "scores", "scores.json");
        run = CommandRun.Of(task.Infer("evaluate", glueTask, ["--output", output, .. more]));
        run.AssertSuccess();
        using JsonDocument scores = JsonDocument.Parse(File.ReadAllBytes(output));
        Assert.HasCount(1, Directory.GetFileSystemEntries(Path.GetDirectoryName(output)!), "nothing written aside is left");
        return scores.RootElement.Clone();
    }

    private static void AssertPredictions(string path, int firstIndex, int count, string form)
    {
        string[] lines = File.ReadAllText(path).Split('\n');
        Assert.AreEqual("index\tprediction", lines[0]);
        Assert.AreEqual("", lines[^1]);
        Assert.HasCount(count + 2, lines);
        for (int i = 0; i < count; i++)
        {
            string[] cells = lines[i + 1].Split('\t');
            Assert.AreEqual($"{firstIndex + i}", cells[0]);
            Assert.MatchesRegex(form, cells[1]);
        }
    }

    private static void RemoveHead(TinyTask task) => Edit(task, tensors =>
    {
        tensors.Remove("classifier.weight");
        tensors.Remove("classifier.bias");
    });

    /// <summary>A head that says the same of everything.</summary>
    private static void SetHead(TinyTask task, int outputs, float bias) => Edit(task, tensors =>
    {
        tensors["classifier.weight"] = ("F32", [outputs, 32], RawSafetensors.Bytes(new float[outputs * 32]));
        tensors["classifier.bias"] = ("F32", [outputs], RawSafetensors.Bytes([.. Enumerable.Repeat(bias, outputs)]));
    });

    private static void Edit(TinyTask task, Action<Dictionary<string, (string Type, long[] Shape, byte[] Data)>> edit)
    {
        string path = Path.Combine(task.Model, "model.safetensors");
        Dictionary<string, (string Type, long[] Shape, byte[] Data)> tensors = RawSafetensors.Parse(path);
        edit(tensors);
        var writer = new SafetensorsWriter();
        foreach ((string name, (string typeName, long[] shape, byte[] data)) in tensors)
        {
            Assert.IsTrue(SafetensorsTypes.TryParse(typeName, out SafetensorsType type));
            writer.AddBytes(name, type, shape, stream => stream.Write(data));
        }

        writer.Save(path);
    }
}
