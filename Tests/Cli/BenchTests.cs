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
    public void What_it_does_not_know_is_refused()
    {
        CommandRun.Of("bench", "--suite", "kernel").AssertFailure(2, "--suite", "'kernel'", "kernels");
        CommandRun.Of("bench", "--length", "513").AssertFailure(2, "--length", "513");
    }
}
