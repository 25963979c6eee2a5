using System.Text.Json;

namespace VkSparseGrad.Tests.Cli;

/// <summary>The command <c>bench</c>.</summary>
[TestClass]
public sealed class BenchTests : OwnCacheTests
{
    [TestMethod]
    public void Json_is_a_list_of_name_value_and_unit()
    {
        CommandRun run = CommandRun.Of(
            "bench", "--device", "llvmpipe", "--suite", "prelim", "--shape", "minilm", "--sequences", "1", "--length", "4", "--format", "json");

        run.AssertSuccess();
        using JsonDocument document = JsonDocument.Parse(run.Output);
        JsonElement[] figures = [.. document.RootElement.EnumerateArray()];
        Assert.IsNotEmpty(figures);
        Assert.IsTrue(figures.All(item => item.GetProperty("name").GetString()!.StartsWith("prelim_", StringComparison.Ordinal)));
        Assert.IsTrue(figures.All(item => item.GetProperty("value").GetDouble() > 0 && item.GetProperty("unit").GetString() is { Length: > 0 }));
    }

    [TestMethod]
    public void Merged_lists_stand_beside_each_other()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("own.json"), """[{"name":"step_full_ms","value":3,"unit":"ms"},{"name":"roof","value":1.5,"unit":"x"}]""");
        File.WriteAllText(folder.File("peer.json"), """[{"name":"torch_step_full_ms","value":2,"unit":"ms"},{"name":"torch_other","value":7,"unit":"s"}]""");

        CommandRun run = CommandRun.Of("bench", "--merge", folder.File("own.json"), folder.File("peer.json"));

        run.AssertSuccess();
        string[] lines = run.Output.TrimEnd().Split('\n');
        Assert.AreEqual("| step_full_ms | ms | 3 | 2 | 1.5 |", lines[2].TrimEnd());
        Assert.AreEqual("| roof | x | 1.5 |  |  |", lines[3].TrimEnd());
        Assert.AreEqual("| other | s |  | 7 |  |", lines[4].TrimEnd());
    }

    [TestMethod]
    public void Each_library_that_was_measured_has_its_columns()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("own.json"), """[{"name":"matmul","value":3,"unit":"GFLOP/s"},{"name":"step","value":1,"unit":"ms"}]""");
        File.WriteAllText(folder.File("torch.json"), """[{"name":"torch_matmul","value":2,"unit":"GFLOP/s"}]""");
        File.WriteAllText(folder.File("onnx.json"), """[{"name":"onnxruntime_matmul","value":4,"unit":"GFLOP/s"}]""");

        CommandRun run = CommandRun.Of("bench", "--merge", folder.File("own.json"), folder.File("torch.json"), folder.File("onnx.json"));

        run.AssertSuccess();
        CollectionAssert.AreEqual(
            new[]
            {
                "| figure | unit | here | PyTorch | here / PyTorch | ONNX Runtime | here / ONNX Runtime |",
                "|---|---|---|---|---|---|---|",
                "| matmul | GFLOP/s | 3 | 2 | 1.5 | 4 | 0.75 |",
                "| step | ms | 1 |  |  |  |  |",
            },
            run.Output.TrimEnd().Split('\n').Select(line => line.TrimEnd()).ToArray());
    }

    [TestMethod]
    public void A_file_that_is_no_list_is_named()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("own.json"), "{}");
        CommandRun.Of("bench", "--merge", folder.File("own.json")).AssertFailure(1, "own.json", "bench --format json");
    }

    [TestMethod]
    public void What_it_does_not_know_is_refused()
    {
        CommandRun.Of("bench", "--suite", "kernel").AssertFailure(2, "--suite", "'kernel'", "kernels");
        CommandRun.Of("bench", "--length", "513").AssertFailure(2, "--length", "513");
    }
}
