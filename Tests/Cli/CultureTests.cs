using System.Text.RegularExpressions;
using VkSparseGrad.Tests.Text;

namespace VkSparseGrad.Tests.Cli;

/// <summary>Field case 82: whole runs where people write 0,05 and lower-case I to ı.</summary>
[TestClass]
public sealed partial class CultureTests
{
    private static readonly string[] Timings =
        ["steps_per_second", "tokens_per_second", "training_seconds", "preliminary_seconds", "basis_seconds"];

    [TestMethod]
    public void Another_decimal_separator_changes_nothing()
    {
        using var cache = new OwnCache();
        using var task = new TinyTask();
        string[] args = Train(task);
        Result expected = Result.Of(task, CommandRun.Of(args));
        using var foreign = new ForeignCulture();
        expected.AssertEqual(Result.Of(task, CommandRun.Of(args)));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [DataRow("de_DE")]
    [DataRow("tr_TR")]
    public void A_machine_of_another_language_changes_nothing(string language)
    {
        using var cache = new OwnCache();
        using var task = new TinyTask();
        string[] args = Train(task);
        Result expected = Result.Of(task, CommandRun.Of(args));
        CommandRun localized = ChildProcess.RunLocalized(language, args);
        if (localized.Error.Contains("valid ICU package", StringComparison.Ordinal))
            Assert.Inconclusive("There is no ICU on this machine, so no program is localized.");
        expected.AssertEqual(Result.Of(task, localized));
    }

    /// <summary>Upper case wherever case does not matter, with the letter I in it.</summary>
    private static string[] Train(TinyTask task)
    {
        foreach (string file in Directory.GetFiles(task.Data))
            File.WriteAllText(file, File.ReadAllText(file).ToUpperInvariant());
        return task.Train("sparsegrad", "--overwrite", "--device", "LLVMPIPE", "--warmup", "0.25", "--weight-decay", "1.5e-2", "--fraction", "0.05");
    }

    /// <summary>What a run wrote, less what depends on the clock.</summary>
    private sealed record Result(string Output, string Metrics, string Steps, byte[] Model, byte[] Adapter)
    {
        public static Result Of(TinyTask task, CommandRun run)
        {
            run.AssertSuccess();
            Assert.DoesNotMatchRegex(DecimalComma(), run.Output);
            return new Result(
                string.Join('\n', run.Output.Split('\n').Where(line => line.StartsWith("Settings: ", StringComparison.Ordinal))),
                string.Join('\n', File.ReadLines(Path.Combine(task.Output, "metrics.json")).Where(line => !Timings.Any(line.Contains))),
                File.ReadAllText(Path.Combine(task.Output, "steps.jsonl")),
                File.ReadAllBytes(Path.Combine(task.Output, "model.safetensors")),
                File.ReadAllBytes(Path.Combine(task.Output, "adapter", "adapter_model.safetensors")));
        }

        public void AssertEqual(Result other)
        {
            Assert.Contains("warmup 0.25, weight-decay 0.015, ", Output);
            Assert.Contains("\"learning_rate\": 0.01", Metrics);
            Assert.AreEqual(Output, other.Output);
            Assert.AreEqual(Metrics, other.Metrics);
            Assert.AreEqual(Steps, other.Steps);
            CollectionAssert.AreEqual(Model, other.Model);
            CollectionAssert.AreEqual(Adapter, other.Adapter);
        }
    }

    /// <summary>A comma between digits that is not one of 1,234.</summary>
    [GeneratedRegex(@"\d,(?!\d{3}(?!\d))\d")]
    private static partial Regex DecimalComma();
}
