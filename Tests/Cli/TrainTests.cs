using System.Buffers.Binary;
using System.Text.Json;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Tests.Loaders;

namespace VkSparseGrad.Tests.Cli;

/// <summary>Real runs of a tiny model on the Vulkan device.</summary>
[TestClass]
public sealed class TrainTests : OwnCacheTests
{
    private static readonly string[] Intermediate = [.. Enumerable.Range(0, 3).Select(i => $"bert.encoder.layer.{i}.intermediate.dense.weight")];
    private static readonly string[] Output = [.. Enumerable.Range(0, 3).Select(i => $"bert.encoder.layer.{i}.output.dense.weight")];

    [TestMethod]
    public void SparseGrad_end_to_end()
    {
        using var task = new TinyTask();
        CommandRun run = CommandRun.Of(task.Train("sparsegrad", "--epochs", "6", "--train", "mlp", "--fraction", "0.05", "--validation"));
        run.AssertSuccess();
        Assert.AreEqual("", run.Error);
        Assert.DoesNotContain("\u001b", run.Output);
        foreach (string part in (string[])["software device", "Data: train 48 rows", "newly initialized, which is normal for a head: classifier.weight", "matthews_correlation", "Peak device memory", "preliminary phase: 3 done"])
            Assert.Contains(part, run.Output);

        CollectionAssert.AreEquivalent(
            new[] { "adapter", "config.json", "metrics.json", "model.safetensors", "steps.jsonl", "vocab.txt" },
            Directory.GetFileSystemEntries(task.Output).Select(Path.GetFileName).ToArray());
        AssertSameTensors(task);
        AssertMetrics(task, "sparsegrad", steps: 18);
        AssertSteps(task, steps: 18);
        AssertAdapterGivesTheMergedModel(task);
        Assert.HasCount(3, Directory.GetFileSystemEntries(task.Root), "nothing written aside is left");
        Assert.IsNotEmpty(Directory.GetFiles(Path.Combine(CacheFolder, "vksparsegrad", "pipelines")));
    }

    [TestMethod]
    public void Full_end_to_end_and_its_result_is_a_model_to_go_on_from()
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train("full", "--epochs", "2", "--max-train-rows", "20", "--max-eval-rows", "10", "--warmup", "0.5")).AssertSuccess();
        AssertSameTensors(task);
        AssertMetrics(task, "full", steps: 4);
        AssertSteps(task, steps: 4);
        Assert.IsFalse(Directory.Exists(Path.Combine(task.Output, "adapter")));

        string again = Path.Combine(task.Root, "deeper", "again");
        CommandRun.Of([.. task.Train("full", "--model", task.Output, "--output", again).Where(arg => arg != "--reset-head")]).AssertSuccess();
        Assert.IsTrue(File.Exists(Path.Combine(again, "metrics.json")));
    }

    [TestMethod]
    [DataRow("sparsegrad")]
    [DataRow("full")]
    public void The_written_model_scores_as_the_trained_one_did(string method)
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train(method, "--epochs", "2")).AssertSuccess();
        string again = Path.Combine(task.Root, "again");
        CommandRun.Of([.. task.Train(method, "--model", task.Output, "--output", again).Where(arg => arg != "--reset-head")]).AssertSuccess();
        Assert.AreEqual(Score(task.Output, "after"), Score(again, "before"));
    }

    [TestMethod]
    public void Shuffled_rows_are_others_than_the_first_and_depend_on_the_seed()
    {
        using var task = new TinyTask();
        string[] Losses(params string[] more)
        {
            CommandRun.Of(task.Train("full", ["--max-train-rows", "20", "--overwrite", .. more])).AssertSuccess();
            return File.ReadAllLines(Path.Combine(task.Output, "steps.jsonl"));
        }

        string[] first = Losses();
        string[] shuffled = Losses("--shuffle-rows");
        Assert.HasCount(first.Length, shuffled);
        CollectionAssert.AreNotEqual(first, shuffled);
        CollectionAssert.AreEqual(shuffled, Losses("--shuffle-rows"));
        CollectionAssert.AreNotEqual(shuffled, Losses("--shuffle-rows", "--seed", "1"));
    }

    /// <summary>Field case 38: text that names a special token.</summary>
    [TestMethod]
    public void Special_tokens_named_in_a_text_are_counted_and_read_as_asked()
    {
        using var task = new TinyTask();
        File.WriteAllLines(Path.Combine(task.Data, "train.tsv"), ["made\t0\t\tab [SEP] ac[MASK]", "made\t1\t\tad [CLS]", "made\t0\t\taf [sep] ag"]);
        (CommandRun Run, int Tokens, bool Setting) Train(params string[] more)
        {
            CommandRun run = CommandRun.Of(task.Train("full", ["--overwrite", .. more]));
            run.AssertSuccess();
            using JsonDocument step = JsonDocument.Parse(File.ReadAllLines(Path.Combine(task.Output, "steps.jsonl")).Single());
            using JsonDocument metrics = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(task.Output, "metrics.json")));
            return (
                run, step.RootElement.GetProperty("tokens").GetInt32(),
                metrics.RootElement.GetProperty("settings").GetProperty("literal_special_tokens").GetBoolean());
        }

        (CommandRun special, int specialTokens, bool specialSetting) = Train();
        (CommandRun literal, int literalTokens, bool literalSetting) = Train("--literal-special-tokens");

        foreach (CommandRun run in (CommandRun[])[special, literal])
        {
            Assert.Contains("Data: train 3 rows, 2 with a special token's name in the text\n", run.Output);
            Assert.Contains("Data: dev 16 rows\n", run.Output);
        }

        // As tokens 4, 2 and 5, as plain text a bracket, a word and a bracket in place of each; [CLS] and [SEP] come around all.
        Assert.AreEqual(4 + 2 + 5 + 3 * 2, specialTokens);
        Assert.AreEqual(8 + 4 + 5 + 3 * 2, literalTokens);
        Assert.AreEqual((false, true), (specialSetting, literalSetting));
        Assert.Contains("literal-special-tokens True", literal.Output);
        Assert.DoesNotContain("literal-special-tokens", special.Output);
    }

    private static double? Score(string folder, string when)
    {
        using JsonDocument metrics = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "metrics.json")));
        JsonElement score = metrics.RootElement.GetProperty(when);
        return score.ValueKind == JsonValueKind.Null ? null : score.GetDouble();
    }

    [TestMethod]
    public void The_same_seed_gives_the_same_bytes_and_an_earlier_result_is_replaced()
    {
        using var task = new TinyTask();
        CommandRun.Of(task.Train("sparsegrad", "--seed", "7")).AssertSuccess();
        byte[] first = File.ReadAllBytes(Path.Combine(task.Output, "model.safetensors"));
        File.WriteAllText(Path.Combine(task.Output, "note.txt"), "of the first run");
        CommandRun.Of(task.Train("sparsegrad", "--seed", "7", "--overwrite")).AssertSuccess();
        CollectionAssert.AreEqual(first, File.ReadAllBytes(Path.Combine(task.Output, "model.safetensors")));
        Assert.IsFalse(File.Exists(Path.Combine(task.Output, "note.txt")));
        CommandRun.Of(task.Train("sparsegrad", "--seed", "8", "--overwrite")).AssertSuccess();
        CollectionAssert.AreNotEqual(first, File.ReadAllBytes(Path.Combine(task.Output, "model.safetensors")));
        Assert.HasCount(3, Directory.GetFileSystemEntries(task.Root));
    }

    [TestMethod]
    [DataRow("sparsegrad")]
    [DataRow("full")]
    public void A_loss_that_is_not_finite_ends_the_run_and_keeps_the_earlier_result(string method)
    {
        using var task = new TinyTask();
        AssertFailsAndWritesNothing(
            task, task.Train(method, "--epochs", "2", "--learning-rate", "1e30"),
            "Training step 2: the loss is NaN; the first gradient that is not finite is that of bert.embeddings.word_embeddings.weight.");
    }

    /// <summary>Field case 71, as is the one above. A row of a word that does not occur would otherwise show up at the end.</summary>
    [TestMethod]
    [DataRow("sparsegrad", "bert.encoder.layer.1.intermediate.dense.weight", float.PositiveInfinity, "is Infinity at element 100")]
    [DataRow("full", "bert.embeddings.word_embeddings.weight", float.NaN, "is NaN at element 100")]
    public void A_weight_that_is_not_finite_is_named_before_the_first_step(string method, string name, float value, string message)
    {
        using var task = new TinyTask();
        SpoilWeight(task, name, element: 100, value);
        AssertFailsAndWritesNothing(task, task.Train(method), Path.Combine(task.Model, "model.safetensors"), $"'{name}' {message}");
    }

    private static void SpoilWeight(TinyTask task, string name, int element, float value)
    {
        string path = Path.Combine(task.Model, "model.safetensors");
        byte[] file = File.ReadAllBytes(path);
        using JsonDocument header = RawSafetensors.Header(path);
        JsonElement tensor = header.RootElement.GetProperty(name);
        Assert.AreEqual("F32", tensor.GetProperty("dtype").GetString());
        long start = 8 + BinaryPrimitives.ReadInt64LittleEndian(file) + tensor.GetProperty("data_offsets")[0].GetInt64();
        BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan((int)start + element * sizeof(float)), value);
        File.WriteAllBytes(path, file);
    }

    private static void AssertFailsAndWritesNothing(TinyTask task, string[] args, params string[] words)
    {
        CommandRun.Of(args).AssertFailure(1, words);
        task.AssertNothingWritten();

        Directory.CreateDirectory(task.Output);
        File.WriteAllText(Path.Combine(task.Output, "metrics.json"), "earlier");
        CommandRun.Of([.. args, "--overwrite"]).AssertFailure(1, words);
        Assert.AreEqual("earlier", File.ReadAllText(Directory.GetFiles(task.Output).Single()));
        Assert.HasCount(3, Directory.GetFileSystemEntries(task.Root));
    }

    [TestMethod]
    public void A_cancelled_run_writes_nothing()
    {
        using var task = new TinyTask();
        CommandRun.Of(new CancellationToken(canceled: true), task.Train("sparsegrad")).AssertFailure(130, "nothing was written");
        task.AssertNothingWritten();
    }

    private static void AssertSameTensors(TinyTask task)
    {
        using SafetensorsFile source = SafetensorsFile.Open(Path.Combine(task.Model, "model.safetensors"));
        using SafetensorsFile merged = SafetensorsFile.Open(Path.Combine(task.Output, "model.safetensors"));
        CollectionAssert.AreEquivalent(
            source.Tensors.Where(tensor => !IsHead(tensor.Name)).Select(Describe).Concat(["classifier.weight F32 2x32", "classifier.bias F32 2"]).ToArray(),
            merged.Tensors.Select(Describe).ToArray());
    }

    private static bool IsHead(string name) => name.StartsWith("classifier.", StringComparison.Ordinal);

    private static string Describe(SafetensorsTensor tensor) => $"{tensor.Name} {tensor.Type.Name()} {string.Join('x', tensor.Shape)}";

    private static void AssertMetrics(TinyTask task, string method, int steps)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(task.Output, "metrics.json")));
        JsonElement metrics = document.RootElement;
        Assert.AreEqual("cola", metrics.GetProperty("task").GetString());
        Assert.AreEqual(method, metrics.GetProperty("method").GetString());
        Assert.AreEqual("matthews_correlation", metrics.GetProperty("metric").GetString());
        foreach (string name in (string[])["before", "after", "steps_per_second", "tokens_per_second", "trained_parameters", "final_training_loss"])
            Assert.AreEqual(JsonValueKind.Number, metrics.GetProperty(name).ValueKind, name);
        Assert.AreEqual(metrics.GetProperty("after").GetDouble(), metrics.GetProperty("metrics").GetProperty("matthews_correlation").GetProperty("after").GetDouble());
        Assert.AreEqual(JsonValueKind.Number, metrics.GetProperty("metrics").GetProperty("accuracy").GetProperty("after").ValueKind);
        Assert.AreEqual(steps, metrics.GetProperty("steps").GetInt32());
        JsonElement peak = metrics.GetProperty("peak_device_bytes");
        long sum = ((string[])["weights", "gradients", "optimizer", "activations", "basis", "scratch"]).Sum(name => peak.GetProperty(name).GetInt64());
        Assert.AreEqual(sum, peak.GetProperty("total").GetInt64());
        Assert.AreEqual(method == "sparsegrad", peak.GetProperty("basis").GetInt64() > 0);
        Assert.AreEqual(TestDevice.Device.Info.Name, metrics.GetProperty("device").GetString());
        Assert.AreEqual(TestDevice.Device.Info.Driver, metrics.GetProperty("driver").GetString());
        Assert.AreEqual(0UL, metrics.GetProperty("seed").GetUInt64());
        JsonElement settings = metrics.GetProperty("settings");
        Assert.AreEqual(0.01, settings.GetProperty("learning_rate").GetDouble());
        Assert.AreEqual(20, settings.GetProperty("max_length").GetInt32(), "what the model has positions for");
        Assert.AreEqual(method == "full", settings.GetProperty("fraction").ValueKind == JsonValueKind.Null);
    }

    private static void AssertSteps(TinyTask task, int steps)
    {
        string[] lines = File.ReadAllLines(Path.Combine(task.Output, "steps.jsonl"));
        Assert.HasCount(steps, lines);
        for (int i = 0; i < steps; i++)
        {
            using JsonDocument line = JsonDocument.Parse(lines[i]);
            Assert.AreEqual(i + 1, line.RootElement.GetProperty("step").GetInt32());
            foreach (string name in (string[])["epoch", "loss", "gradient_norm", "learning_rate", "tokens"])
                Assert.AreEqual(JsonValueKind.Number, line.RootElement.GetProperty(name).ValueKind, name);
        }
    }

    /// <summary>W = W_base + Q Δ Pᵀ from the files alone, and every other trained tensor as it is in the merged model.</summary>
    private static void AssertAdapterGivesTheMergedModel(TinyTask task)
    {
        using SafetensorsFile source = SafetensorsFile.Open(Path.Combine(task.Model, "model.safetensors"));
        using SafetensorsFile merged = SafetensorsFile.Open(Path.Combine(task.Output, "model.safetensors"));
        using SafetensorsFile adapter = SafetensorsFile.Open(Path.Combine(task.Output, "adapter", "adapter_model.safetensors"));
        double moved = 0;
        foreach (string name in Intermediate.Concat(Output))
        {
            string kind = name.Contains("intermediate", StringComparison.Ordinal) ? "intermediate.dense" : "output.dense";
            float[] output = Floats(adapter, $"basis.{kind}.output");
            float[] input = Floats(adapter, $"basis.{kind}.input");
            int rows = (int)source[name].Shape[0];
            int columns = (int)source[name].Shape[1];
            float[] expected = Floats(merged, name);
            float[] start = Floats(source, name);
            double[] made = Array.ConvertAll(start, value => (double)value);
            var indices = new long[adapter[name + ".sparse_indices"].ElementCount];
            adapter.ReadInt64(name + ".sparse_indices", indices);
            float[] values = Floats(adapter, name + ".sparse_values");
            int large = Math.Max(rows, columns);
            for (int e = 0; e < indices.Length; e++)
            {
                (int s, int l) = ((int)(indices[e] / large), (int)(indices[e] % large));
                (int q, int p) = rows > columns ? (l, s) : (s, l);
                for (int i = 0; i < rows; i++)
                {
                    for (int j = 0; j < columns; j++)
                        made[i * columns + j] += (double)output[q * rows + i] * values[e] * input[p * columns + j];
                }
            }

            for (int i = 0; i < made.Length; i++)
            {
                Assert.AreEqual(expected[i], made[i], 1e-5, name);
                moved = Math.Max(moved, Math.Abs(expected[i] - start[i]));
            }
        }

        Assert.IsGreaterThan(1e-3, moved, "training has changed the weights");
        foreach (string name in (string[])["classifier.weight", "classifier.bias", "bert.pooler.dense.weight", "bert.pooler.dense.bias"])
            CollectionAssert.AreEqual(Floats(merged, name), Floats(adapter, name));
        Assert.HasCount(6 * 2 + 4 + 4, adapter.Tensors);
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(task.Output, "adapter", "adapter_config.json")));
        Assert.AreEqual("SPARSEGRAD", config.RootElement.GetProperty("peft_type").GetString());
        Assert.AreEqual(task.Model, config.RootElement.GetProperty("base_model_name_or_path").GetString());
    }

    private static float[] Floats(SafetensorsFile file, string name)
    {
        var values = new float[file[name].ElementCount];
        file.ReadFloats(name, values);
        return values;
    }
}
