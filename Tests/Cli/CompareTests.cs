using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Tests.Text;

namespace VkSparseGrad.Tests.Cli;

/// <summary>Real comparisons of the tiny model on the Vulkan device.</summary>
[TestClass]
public sealed class CompareTests : OwnCacheTests
{
    [TestMethod]
    public void A_comparison_end_to_end_and_again()
    {
        using var comparison = new TinyComparison();
        CommandRun run = CommandRun.Of(comparison.Compare());
        run.AssertSuccess();
        Assert.AreEqual("", run.Error);
        Assert.Contains("2 tasks x 2 methods x 2 seeds: 8 cells, 8 to run", run.Output);
        Assert.Contains("sst2, sparsegrad, seed 2: accuracy 0.", run.Output);
        Assert.Contains("(8 of 8)", run.Output);
        foreach (string task in (string[])["cola", "sst2"])
        {
            AssertRow(comparison, task, "full");
            AssertRow(comparison, task, "sparsegrad");
        }

        CollectionAssert.AreEquivalent(
            new[] { "cells", "plots", "report.html", "report.md" }, Directory.GetFileSystemEntries(comparison.Output).Select(Path.GetFileName).ToArray());
        CollectionAssert.AreEquivalent(
            new[] { "metrics.json", "steps.jsonl" }, Directory.GetFileSystemEntries(comparison.Cell("cola", "full", 1)).Select(Path.GetFileName).ToArray());
        AssertHtmlSaysTheSame(comparison);
        AssertAgainIsTheSame(comparison);
    }

    private static void AssertRow(TinyComparison comparison, string task, string method)
    {
        JsonElement[] seeds = [.. ((int[])[1, 2]).Select(seed => Metrics(comparison.Cell(task, method, seed)))];
        string metric = task == "cola" ? "matthews_correlation" : "accuracy";
        string[] head = [.. Rows(comparison, "Scores").First()];
        string[] row = [.. Rows(comparison, "Scores").Single(row => row[0] == method)];
        double[] scores = [.. seeds.Select(seed => seed.GetProperty("metrics").GetProperty(metric).GetProperty("after").GetDouble())];
        double mean = (scores[0] + scores[1]) / 2;
        double deviation = Math.Abs(scores[0] - scores[1]) / Math.Sqrt(2);
        Assert.AreEqual(
            string.Create(CultureInfo.InvariantCulture, $"{mean:F4} ± {deviation:F4}"), row[Array.IndexOf(head, $"{task}: {metric}")]);
        Assert.AreEqual(
            seeds[0].GetProperty("trained_parameters").GetInt64().ToString("N0", CultureInfo.InvariantCulture), row[Array.IndexOf(head, "trained parameters")]);
        Assert.AreEqual(
            seeds[0].GetProperty("trained_mlp_parameters").GetInt64().ToString("N0", CultureInfo.InvariantCulture), row[Array.IndexOf(head, "of these in the MLP")]);

        double speed = seeds.Average(seed => seed.GetProperty("steps_per_second").GetDouble());
        double full = ((int[])[1, 2]).Average(seed => Metrics(comparison.Cell(task, "full", seed)).GetProperty("steps_per_second").GetDouble());
        string[] speeds = [.. Rows(comparison, "Steps/s by task").Single(row => row[0] == method)];
        Assert.AreEqual(
            string.Create(CultureInfo.InvariantCulture, $"{speed:F2} ({speed / full:F2}x)"), speeds[task == "cola" ? 1 : 2]);
    }

    private static void AssertHtmlSaysTheSame(TinyComparison comparison)
    {
        string html = File.ReadAllText(Path.Combine(comparison.Output, "report.html"));
        foreach (string title in (string[])["Scores", "Speed and memory", "Settings", "Settings that differ"])
        {
            foreach (string[] row in Rows(comparison, title).Skip(1))
                Assert.Contains($"<tr>{string.Concat(row.Select(cell => $"<td>{System.Net.WebUtility.HtmlEncode(cell)}</td>"))}</tr>", html);
        }

        Assert.HasCount(1 + 3, html.Split("src=\"data:image/png;base64,"), "two losses, and scores by parameters");
        Assert.DoesNotContain("src=\"plots", html);
        Assert.Contains("vksparsegrad compare --reset-head --model", html);
        Assert.Contains(TestDevice.Device.Info.Driver, html);
    }

    private static void AssertAgainIsTheSame(TinyComparison comparison)
    {
        IReadOnlyDictionary<string, DateTime> times = comparison.CellTimes();
        Assert.HasCount(8, times);
        byte[] markdown = File.ReadAllBytes(comparison.Report);
        byte[] html = File.ReadAllBytes(Path.Combine(comparison.Output, "report.html"));
        using var foreign = new ForeignCulture();
        CommandRun again = CommandRun.Of(comparison.Compare());
        again.AssertSuccess();
        Assert.Contains("8 cells, 0 to run", again.Output);
        Assert.Contains("cola, full, seed 1: skipped, it is finished", again.Output);
        CollectionAssert.AreEquivalent(times.ToArray(), comparison.CellTimes().ToArray());
        CollectionAssert.AreEqual(markdown, File.ReadAllBytes(comparison.Report));
        CollectionAssert.AreEqual(html, File.ReadAllBytes(Path.Combine(comparison.Output, "report.html")));

        CommandRun file = CommandRun.Of(comparison.CompareFile());
        file.AssertSuccess();
        Assert.Contains("8 cells, 0 to run", file.Output, "the file and the command line are the same cells");
        Assert.Contains("\"preliminary_steps\"", File.ReadAllText(comparison.Report), "the report ends with the file");
    }

    [TestMethod]
    public void Every_method_has_its_row()
    {
        using var comparison = new TinyComparison();
        string[] methods = ["full", "lora", "meprop", "sparsegrad", "bitfit", "frozen-mlp"];
        CommandRun.Of(comparison.Compare(
            "--tasks", "SST-2", "--methods", string.Join(',', methods), "--seeds", "1", "--train", "mlp", "--match-parameters", "--selection", "rows:0.25,refresh:2")).AssertSuccess();
        string[][] rows = [.. Rows(comparison, "Scores").Skip(1)];
        CollectionAssert.AreEqual(methods, rows.Select(row => row[0]).ToArray());
        foreach (string[] row in rows)
        {
            JsonElement metrics = Metrics(comparison.Cell("sst2", row[0], 1));
            Assert.AreEqual(metrics.GetProperty("after").GetDouble().ToString("F4", CultureInfo.InvariantCulture) + " ± -", row[1]);
            Assert.AreEqual(metrics.GetProperty("trained_mlp_parameters").GetInt64().ToString("N0", CultureInfo.InvariantCulture), row[4]);
            Assert.AreEqual(row[0] == "frozen-mlp", row[4] == "0");
        }
    }

    [TestMethod]
    public void Other_settings_are_refused_or_run_again()
    {
        using var comparison = new TinyComparison();
        string[] Args(params string[] more) => comparison.Compare(["--tasks", "cola", "--seeds", "1", .. more]);
        CommandRun.Of(Args()).AssertSuccess();
        IReadOnlyDictionary<string, DateTime> times = comparison.CellTimes();

        CommandRun.Of(Args("--preliminary-steps", "4")).AssertFailure(
            1, comparison.Cell("cola", "sparsegrad", 1), "preliminary_steps was 3 and is now 4", "--overwrite");
        CollectionAssert.AreEquivalent(times.ToArray(), comparison.CellTimes().ToArray());

        CommandRun again = CommandRun.Of(Args("--preliminary-steps", "4", "--overwrite"));
        again.AssertSuccess();
        Assert.Contains("cola, full, seed 1: skipped", again.Output, "it has no preliminary steps");
        Assert.Contains("2 cells, 1 to run", again.Output);
        Assert.AreEqual(4, Metrics(comparison.Cell("cola", "sparsegrad", 1)).GetProperty("settings").GetProperty("preliminary_steps").GetInt32());
    }

    [TestMethod]
    public void An_interrupted_comparison_goes_on()
    {
        using var comparison = new TinyComparison();
        string[] args = comparison.Compare("--tasks", "cola", "--methods", "full", "--seeds", "1,2,3");
        using var stop = new CancellationTokenSource();
        using var output = new StoppingWriter("(1 of 3)", stop);
        var error = new StringWriter();

        int exitCode = CommandLineApp.Run(args, new Terminal(output, error, isInteractive: false), stop.Token);

        Assert.AreEqual(130, exitCode);
        Assert.AreEqual("error: stopped before the end; 1 of 3 cells are finished, and the same command goes on from there.", error.ToString().TrimEnd());
        KeyValuePair<string, DateTime> first = comparison.CellTimes().Single();
        Assert.Contains("(1 of 3 seeds)", File.ReadAllText(comparison.Report), "the report is there");

        CommandRun rest = CommandRun.Of(args);
        rest.AssertSuccess();
        Assert.Contains("3 cells, 2 to run", rest.Output);
        Assert.AreEqual(first.Value, comparison.CellTimes()[first.Key]);
        Assert.HasCount(3, comparison.CellTimes());
        Assert.DoesNotContain("of 3 seeds", File.ReadAllText(comparison.Report));
        Assert.HasCount(3, Directory.GetFileSystemEntries(Path.Combine(comparison.Output, "cells", "cola", "full")));
    }

    [TestMethod]
    public void A_cell_that_fails_is_recorded_and_does_not_stop_the_others()
    {
        using var comparison = new TinyComparison();
        string[] Args(string rate) => comparison.CompareFile(
            ("tasks", """["cola"]"""), ("seeds", "[1]"),
            ("methods", $$"""[{"name": "full, hot", "method": "full", "learning_rate": {{rate}}, "epochs": 2}, "full"]"""));

        CommandRun run = CommandRun.Of(Args("1e30"));

        run.AssertFailure(1, "1 of 2 cells failed", "cola, full, hot, seed 1: Training step 2: the loss is NaN");
        Assert.Contains("cola, full, hot, seed 1: failed: Training step 2", run.Output);
        Assert.Contains("cola, full, seed 1: matthews_correlation", run.Output);
        Assert.Contains("Training step 2", File.ReadAllText(comparison.Cell("cola", "full-hot", 1) + ".failed.json"));
        Assert.Contains("Training step 2", Rows(comparison, "Failed").Last()[3]);
        string[] scores = [.. Rows(comparison, "Scores").Single(row => row[0] == "full, hot")];
        Assert.AreEqual("-", scores[1]);
        Assert.AreEqual("-", scores[2], "no task has a score of every method");

        CommandRun again = CommandRun.Of(Args("1e-3"));
        again.AssertSuccess();
        Assert.Contains("2 cells, 1 to run", again.Output);
        Assert.IsFalse(File.Exists(comparison.Cell("cola", "full-hot", 1) + ".failed.json"));
        Assert.IsEmpty(Rows(comparison, "Failed"));
    }

    [TestMethod]
    public void Undefined_scores_are_called_so_and_one_seed_has_no_deviation()
    {
        using var comparison = new TinyComparison();
        CommandRun.Of(comparison.Compare("--methods", "full", "--seeds", "1", "--max-eval-rows", "1")).AssertSuccess();
        string[] row = [.. Rows(comparison, "Scores").Last()];
        Assert.AreEqual("undefined", row[1], "Matthews' correlation of one class");
        Assert.EndsWith(" ± -", row[2]);
        Assert.AreEqual(row[2], row[3] + " ± -", "the average is over the other task alone");
    }

    [TestMethod]
    public void Fractions_and_preliminary_steps_vary_and_kept_energy_is_shown()
    {
        using var comparison = new TinyComparison();
        string[] args = comparison.Compare(
            "--tasks", "cola", "--seeds", "1", "--methods", "full,sparsegrad", "--fractions", "0.05,0.5", "--preliminary", "2,3", "--output", comparison.Output);
        args = [.. args.Where(arg => arg is not ("--preliminary-steps" or "3"))];
        CommandRun.Of(args).AssertSuccess();
        string[][] fractions = [.. Rows(comparison, "Scores by fraction").Skip(1)];
        CollectionAssert.AreEqual(new[] { "0.05", "0.5", "0.05", "0.5" }, fractions.Select(row => row[1]).ToArray());
        string[][] steps = [.. Rows(comparison, "Selections and preliminary steps").Skip(1)];
        CollectionAssert.AreEqual(new[] { "2", "2", "3", "3" }, steps.Select(row => row[2]).ToArray());
        double[] shares = [.. steps.Select(row => double.Parse(row[3], CultureInfo.InvariantCulture))];
        Assert.IsTrue(shares.All(share => share is > 0 and < 1) && shares[1] > shares[0] && shares[3] > shares[2], string.Join(' ', shares));
        Assert.IsTrue(File.Exists(Path.Combine(comparison.Output, "plots", "score-fraction.png")));

        string metrics = Path.Combine(comparison.Cell("cola", "sparsegrad-preliminary-2-fraction-0.05", 1), "metrics.json");
        JsonObject changed = JsonNode.Parse(File.ReadAllText(metrics))!.AsObject();
        Assert.IsTrue(changed["settings"]!.AsObject().Remove("shuffle_rows"), "as if an earlier version had not known it");
        changed["kept_energy"] = JsonNode.Parse("""{"mean": 0.75, "layers": {}}""");
        File.WriteAllText(metrics, changed.ToJsonString());
        CommandRun.Of(args).AssertSuccess();
        Assert.Contains("loss-cola.png", File.ReadAllText(comparison.Report));
        foreach (string log in Directory.GetFiles(comparison.Output, "steps.jsonl", SearchOption.AllDirectories))
            File.Delete(log);
        CommandRun.Of(args).AssertSuccess();
        Assert.DoesNotContain("loss-cola.png", File.ReadAllText(comparison.Report));
        Assert.AreEqual("0.750", Rows(comparison, "Selections and preliminary steps").Single(row => row[0] == "sparsegrad, preliminary 2, fraction 0.05")[3]);
    }

    private static JsonElement Metrics(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "metrics.json")));
        return document.RootElement.Clone();
    }

    /// <summary>The rows of a table of report.md, its head first.</summary>
    private static string[][] Rows(TinyComparison comparison, string title) =>
    [
        .. File.ReadAllLines(comparison.Report).SkipWhile(line => line != "## " + title).Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith('|') && !line.StartsWith("| ---", StringComparison.Ordinal))
            .Select(line => line[2..^2].Split(" | ")),
    ];

    /// <summary>Asks to stop when a text is written.</summary>
    private sealed class StoppingWriter(string text, CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value!.Contains(text, StringComparison.Ordinal))
                stop.Cancel();
        }
    }
}
