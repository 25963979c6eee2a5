using System.Text.Json;

namespace VkSparseGrad.Tests.Cli;

/// <summary>A tiny RoBERTa from its folder to a trained model, and from that to scores.</summary>
[TestClass]
public sealed class RobertaCommandTests : OwnCacheTests
{
    [TestMethod]
    [DataRow("sparsegrad")]
    [DataRow("lora")]
    public void It_is_trained_and_scored_by_itself_and_by_its_adapter(string method)
    {
        using var task = new TinyTask();
        WriteModel(task.Model);

        CommandRun train = CommandRun.Of(task.Train(method, "--epochs", "8", "--validation"));

        train.AssertSuccess();
        double after = Score(File.ReadAllText(Path.Combine(task.Output, "metrics.json")), "after");
        Assert.IsGreaterThan(0.5, after, "two classes that words decide");
        Assert.AreEqual(after, Evaluate(task, "merged.json"), 1e-9);
        Assert.AreEqual(after, Evaluate(task, "adapted.json", "--model", task.Model, "--adapter", Path.Combine(task.Output, "adapter")), 1e-9);
        foreach (string file in (string[])["vocab.json", "merges.txt"])
            Assert.AreEqual(File.ReadAllText(Path.Combine(task.Model, file)), File.ReadAllText(Path.Combine(task.Output, file)));
    }

    [TestMethod]
    public void Without_its_tokenizer_it_is_refused()
    {
        using var task = new TinyTask();
        WriteModel(task.Model);
        CommandRun.Of(task.Train("full", "--max-length", "3")).AssertFailure(1, "--max-length is 3", "give at least 4");
        File.Delete(Path.Combine(task.Model, "merges.txt"));

        CommandRun.Of(task.Train("full")).AssertFailure(1, "neither vocab.json with merges.txt nor tokenizer.json");
    }

    private static double Evaluate(TinyTask task, string name, params string[] more)
    {
        string output = Path.Combine(task.Root, "scores", name);
        CommandRun.Of(task.Infer("evaluate", "cola", ["--output", output, .. more])).AssertSuccess();
        return Score(File.ReadAllText(output), "score");
    }

    private static double Score(string json, string name)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty(name).GetDouble();
    }

    /// <summary>The golden model, with letters and some words for its 97 tokens.</summary>
    private static void WriteModel(string folder)
    {
        Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        foreach (string file in (string[])["config.json", "model.safetensors"])
            File.Copy(Path.Combine(AppContext.BaseDirectory, "golden", "tiny-roberta-classify", file), Path.Combine(folder, file));
        string[] known = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", .. Enumerable.Range('a', 26).Select(letter => $"{(char)letter}")];
        string[] words = [.. Enumerable.Range(0, 97 - known.Length).Select(TinyTask.Word)];
        Dictionary<string, int> ids = known.Concat(words).Select((token, id) => (token, id)).ToDictionary(item => item.token, item => item.id);
        File.WriteAllText(Path.Combine(folder, "vocab.json"), JsonSerializer.Serialize(ids));
        File.WriteAllLines(Path.Combine(folder, "merges.txt"), ["#version: 0.2", .. words.Select(word => $"{word[0]} {word[1]}")]);
    }
}
