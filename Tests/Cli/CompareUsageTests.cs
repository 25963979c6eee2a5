namespace VkSparseGrad.Tests.Cli;

/// <summary>Comparisons that do not begin.</summary>
[TestClass]
public sealed class CompareUsageTests
{
    [TestMethod]
    [DataRow(2, "--methods sparsgrad", "--methods 'sparsgrad' is not one of full, lora, meprop, sparsegrad, bitfit, frozen-mlp; did you mean 'sparsegrad'?")]
    [DataRow(2, "--method sparsegrad", "unknown option '--method'; did you mean '--methods'?")]
    [DataRow(2, "--tasks kola", "--tasks 'kola' is not one of cola, sst2")]
    [DataRow(2, "--tasks cola,cola", "--tasks has one name twice")]
    [DataRow(2, "--methods full,full", "--methods has one name twice")]
    [DataRow(2, "--seeds 1,1", "--seeds has 1 twice")]
    [DataRow(2, "--seeds 1,x", "--seeds is '1,x'")]
    [DataRow(2, "--epochs x", "--epochs is 'x'")]
    [DataRow(2, "--fraction 0.1 --fractions 0.1,0.2", "--fractions takes the place of --fraction")]
    [DataRow(2, "--file runs.json", "--file says everything; leave out --model")]
    [DataRow(1, "--fractions 0.1,2", "sparsegrad, fraction 2 on cola: --fraction is '2'; it must be a number above 0 and at most 1.")]
    [DataRow(1, "--fractions 0.1,0.1", "The method 'sparsegrad, fraction 0.1' is there twice")]
    [DataRow(1, "--selections every-step;row:3", "--selection is 'row:3'")]
    [DataRow(1, "--methods full --fractions 0.1", "Several values of --fraction are for sparsegrad and meprop")]
    public void A_wrong_option_is_one_line(int exitCode, string more, string message)
    {
        using var comparison = new TinyComparison();
        CommandRun.Of(comparison.Compare(more.Split(' '))).AssertFailure(exitCode, message);
        Assert.IsFalse(Directory.Exists(comparison.Output));
    }

    [TestMethod]
    [DataRow("methods", """["sparsgrad"]""", "method 'sparsgrad' is not one of full, lora, meprop, sparsegrad, bitfit, frozen-mlp; did you mean 'sparsegrad'?")]
    [DataRow("methods", """[{"name": "a", "method": "full", "learnig_rate": 1}]""", "method 'a': unknown key 'learnig_rate'; did you mean 'learning_rate'?")]
    [DataRow("methods", """[{"name": "a", "method": "full", "device": "x"}]""", "method 'a': unknown key 'device'")]
    [DataRow("methods", """[{"name": "a", "method": "full", "no_tuning": true}]""", "method 'a': unknown key 'no_tuning'")]
    [DataRow("methods", """[{"name": "a", "method": "full", "epochs": 0}]""", "a on cola: --epochs is '0'; it must be a whole number from 1 to 1000.")]
    [DataRow("methods", """["full", "full"]""", "The method 'full' is there twice")]
    [DataRow("methods", """[{"name": "a b", "method": "full"}, {"name": "a-b", "method": "full"}]""", "The folder of a method 'a-b' is there twice")]
    [DataRow("methods", "[]", "'methods' is empty.")]
    [DataRow("tasks", """["kola"]""", "task 'kola' is not one of cola, sst2")]
    [DataRow("tasks", """["sst2", "SST-2"]""", "The task 'sst2' is there twice")]
    [DataRow("tasks", null, "'tasks' is missing.")]
    [DataRow("seeds", "[1, 1]", "The seed '1' is there twice")]
    [DataRow("seeds", "[-1]", "seed -1 is not a whole number")]
    [DataRow("sedes", "[1]", "the file: unknown key 'sedes'; did you mean 'seeds'?")]
    [DataRow("settings", """{"epoch": 1}""", "'settings': unknown key 'epoch'; did you mean 'epochs'?")]
    [DataRow("settings", """{"reset_head": 1}""", "'settings': 'reset_head' must be true or false, not 1.")]
    [DataRow("settings", """{"epochs": true}""", "'settings': 'epochs' must be a value, not true.")]
    public void A_wrong_file_is_one_line(string key, string? json, string message)
    {
        using var comparison = new TinyComparison();
        CommandRun.Of(comparison.CompareFile((key, json))).AssertFailure(1, message);
        Assert.IsFalse(Directory.Exists(comparison.Output));
    }

    [TestMethod]
    public void What_is_missing_is_named()
    {
        using var comparison = new TinyComparison();
        CommandRun.Of("compare", "--model", comparison.Model).AssertFailure(2, "--data is missing");
        File.WriteAllText(Path.Combine(comparison.Root, "broken.json"), "{");
        CommandRun.Of("compare", "--file", Path.Combine(comparison.Root, "broken.json")).AssertFailure(1, "broken.json is not JSON");
        Directory.Delete(Path.Combine(comparison.Data, "CoLA"), recursive: true);
        CommandRun.Of(comparison.Compare()).AssertFailure(1, "has no folder CoLA");
    }

    [TestMethod]
    public void A_folder_of_something_else_is_left_alone()
    {
        using var comparison = new TinyComparison();
        CommandRun.Of(comparison.Compare("--output", comparison.Model)).AssertFailure(1, "is not an earlier comparison and is left alone");
        Assert.HasCount(3, Directory.GetFiles(comparison.Model));
    }

    [TestMethod]
    public void Help_gives_both_forms()
    {
        CommandRun run = CommandRun.Of("compare", "--help");
        run.AssertSuccess();
        foreach (string part in (string[])["--methods full,lora,sparsegrad", "\"sparsegrad d/8\"", "--lora-rank", "--match-parameters", "--fractions"])
            Assert.Contains(part, run.Output);
        Assert.DoesNotContain("--add-prefix", run.Output);
    }
}
