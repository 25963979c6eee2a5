using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;

namespace VkSparseGrad.Tests.Samples;

/// <summary>The sample programs, run as a reader of them would.</summary>
[TestClass]
public sealed class SamplesTests
{
    private static readonly string[] Words = ["the", "cat", "cats", "dog", "dogs", "sleep", "sleeps", "run", "runs", "."];

    [TestMethod]
    public void FineTune_trains_evaluates_and_saves()
    {
        using var folder = new TempFolder();
        string model = MakeModel(folder), data = MakeData(folder), output = folder.File("output");

        SampleRun run = SampleRun.Start("FineTune", [model, data, output]);

        Assert.AreEqual(0, run.ExitCode, run.Output);
        Assert.Contains("Preliminary 10/10: loss ", run.Output);
        Assert.Contains("Training 3/3: loss ", run.Output);
        Assert.Contains("matthews_correlation ", run.Output);
        using BertCheckpoint saved = BertCheckpoint.Open(output, labels: 2);
        Assert.IsEmpty(saved.NewlyInitialized);
    }

    [TestMethod]
    [DataRow("sparsegrad")]
    [DataRow("full")]
    public void FrameBudget_leaves_nothing_in_the_hosts_device(string method)
    {
        using var folder = new TempFolder();

        SampleRun run = SampleRun.Start("FrameBudget", [MakeModel(folder), "4", method]);

        Assert.AreEqual(0, run.ExitCode, run.Output);
        Assert.Contains("step 4: loss ", run.Output);
        Assert.Contains("ms at most, of a budget of 4 ms", run.Output);
        Assert.Contains("the host closed its device; validation had 0 complaints", run.Output);
    }

    /// <summary>The golden model with a vocabulary of its size.</summary>
    private static string MakeModel(TempFolder folder)
    {
        string golden = Path.Combine(AppContext.BaseDirectory, "golden", "tiny-bert-classify");
        string model = Directory.CreateDirectory(folder.File("model")).FullName;
        foreach (string file in new[] { BertConfigFile.FileName, BertCheckpoint.FileName })
        {
            File.Copy(Path.Combine(golden, file), Path.Combine(model, file));
        }

        string[] special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Words];
        IEnumerable<string> filler = Enumerable.Range(special.Length, 97 - special.Length).Select(id => $"[unused{id}]");
        File.WriteAllLines(Path.Combine(model, "vocab.txt"), [.. special, .. filler]);
        return model;
    }

    /// <summary>CoLA's layout: source, label, original label, sentence.</summary>
    private static string MakeData(TempFolder folder)
    {
        string data = Directory.CreateDirectory(folder.File("data")).FullName;
        IEnumerable<string> rows = Enumerable.Range(0, 40).Select(i =>
        {
            bool plural = i % 2 == 0, agrees = i % 4 < 2;
            string subject = (i % 3 == 0 ? "cat" : "dog") + (plural ? "s" : "");
            string verb = (i % 5 < 3 ? "sleep" : "run") + (plural == agrees ? "" : "s");
            return $"made\t{(agrees ? 1 : 0)}\t{(agrees ? "" : "*")}\tThe {subject} {verb} .";
        });
        File.WriteAllLines(Path.Combine(data, "train.tsv"), rows);
        File.WriteAllLines(Path.Combine(data, "dev.tsv"), rows.Take(12));
        return data;
    }
}
