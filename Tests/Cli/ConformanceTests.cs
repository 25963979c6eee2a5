using System.Globalization;
using System.Text.Json;

namespace VkSparseGrad.Tests.Cli;

/// <summary>The command <c>conformance</c>: its formats, its exit codes, what it refuses.</summary>
[TestClass]
public sealed class ConformanceTests
{
    private static readonly string[] Few = ["conformance", "--device", "llvmpipe", "--op", "^(Add|Gelu) rows=(3|9) "];

    [TestMethod]
    public void The_table_has_a_row_an_op_and_a_summary()
    {
        CommandRun run = CommandRun.Of(Few);

        run.AssertSuccess();
        Assert.Contains("mode test", run.Output);
        Assert.Contains("│ Add ", run.Output);
        Assert.Contains("│ Gelu ", run.Output);
        Assert.EndsWith("0 failed, 0 skipped", run.Output.TrimEnd());
        Assert.DoesNotContain("Matmul", run.Output);
    }

    [TestMethod]
    [DataRow("test")]
    [DataRow("grad")]
    public void Json_has_every_case_with_its_error(string mode)
    {
        CommandRun run = CommandRun.Of("conformance", "--device", "llvmpipe", "--mode", mode, "--op", "^Gelu", "--format", "json");

        run.AssertSuccess();
        using JsonDocument document = JsonDocument.Parse(run.Output);
        JsonElement root = document.RootElement;
        Assert.AreEqual(mode, root.GetProperty("mode").GetString());
        Assert.AreEqual(TestDevice.Device.Info.Name, root.GetProperty("device").GetString());
        JsonElement[] cases = [.. root.GetProperty("cases").EnumerateArray()];
        Assert.AreEqual(root.GetProperty("passed").GetInt32(), cases.Length);
        Assert.IsTrue(cases.All(item => item.GetProperty("error_over_limit").GetDouble() is >= 0 and <= 1));
        Assert.IsTrue(cases.Any(item => item.GetProperty("error_over_limit").GetDouble() > 0), "Floats do not equal doubles.");
    }

    [TestMethod]
    public void Csv_has_a_row_a_case()
    {
        CommandRun run = CommandRun.Of([.. Few, "--format", "csv"]);

        run.AssertSuccess();
        string[] lines = run.Output.TrimEnd().Split('\n');
        Assert.StartsWith("device,driver,subgroup_width,mode,op,parameters,status", lines[0]);
        Assert.HasCount(9, lines[0].Split(','));
        Assert.IsTrue(lines.Skip(1).All(line => line.Contains(",passed,", StringComparison.Ordinal)));
        Assert.StartsWith($"\"{TestDevice.Device.Info.Name}\"", lines[1]); // it has a comma
    }

    [TestMethod]
    public void Speeds_stand_beside_the_roofs()
    {
        CommandRun run = CommandRun.Of("conformance", "--device", "llvmpipe", "--mode", "perf", "--op", "^(Matmul ABt m=512 n=768 k=768|Copy)", "--format", "json");

        run.AssertSuccess();
        using JsonDocument document = JsonDocument.Parse(run.Output);
        Assert.IsGreaterThan(1e8, document.RootElement.GetProperty("roof_flops_per_second").GetDouble());
        Assert.IsGreaterThan(1e8, document.RootElement.GetProperty("roof_bytes_per_second").GetDouble());
        foreach (JsonElement item in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            Assert.IsGreaterThan(0, item.GetProperty("seconds").GetDouble());
            Assert.IsGreaterThan(0, item.GetProperty("share_of_roof").GetDouble());
        }
    }

    [TestMethod]
    [DataRow("table", "kernels use")]
    [DataRow("json", "\"subgroup operations\": \"yes\"")]
    [DataRow("csv", "subgroup operations,yes,")]
    public void Support_says_which_way_the_kernels_take(string format, string expected)
    {
        CommandRun run = CommandRun.Of("conformance", "--device", "llvmpipe", "--mode", "support", "--format", format);

        run.AssertSuccess();
        Assert.Contains(expected, run.Output);
        if (format == "json")
        {
            JsonDocument.Parse(run.Output).Dispose();
        }
    }

    [TestMethod]
    public void A_disabled_feature_is_not_used()
    {
        CommandRun run = CommandRun.Of(
            "conformance", "--device", "llvmpipe", "--mode", "support", "--disable", "subgroup-operations,large-workgroups");

        run.AssertSuccess();
        Assert.Contains("these kernels go through shared memory", run.Output);
        Assert.Contains("matmul tiles of up to 128 invocations", run.Output);
    }

    [TestMethod]
    [DataRow("--op", "(", "--op is no regular expression")]
    [DataRow("--op", "no such op", "--op 'no such op' matches none of the")]
    [DataRow("--disable", "subgroup-operation", "did you mean 'subgroup-operations'?")]
    [DataRow("--device", "no such device", "No Vulkan device matches 'no such device'")]
    [DataRow("--merge", "/nowhere.json", "nowhere.json")]
    public void What_makes_no_sense_is_one_line(string option, string value, string message)
    {
        string[] device = option == "--device" ? [] : ["--device", "llvmpipe"];
        CommandRun.Of(["conformance", .. device, option, value]).AssertFailure(1, message);
    }

    [TestMethod]
    public void An_unknown_mode_is_told_with_the_nearest() =>
        CommandRun.Of("conformance", "--mode", "tets").AssertFailure(2, "did you mean 'test'?");

    [TestMethod]
    public void Reports_become_one_page()
    {
        using var folder = new TempFolder();
        string first = Report(folder, "first", "[]", "passed", "0.25"), second = Report(folder, "second", "[\"large-workgroups\"]", "failed", "null");

        CommandRun run = CommandRun.Of("conformance", "--merge", first, second);

        run.AssertSuccess();
        Assert.Contains("1. first, invented, Vulkan 1.2.3, subgroups of 8: 1 passed, 0 failed, 0 skipped", run.Output);
        Assert.Contains("2. second, invented, Vulkan 1.2.3, subgroups of 8, without large-workgroups: 0 passed, 1 failed, 0 skipped", run.Output);
        Assert.Contains("| Add | 1 | 0.25 | wrong |", run.Output);
        File.WriteAllText(first, "{}");
        CommandRun.Of("conformance", "--merge", first).AssertFailure(1, "is not a report of 'vksparsegrad conformance --format json'");
    }

    private static string Report(TempFolder folder, string device, string disabled, string status, string error)
    {
        string path = folder.File($"{device}.json");
        File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $$"""
            {"mode": "test", "device": "{{device}}", "kind": "Cpu", "driver": "invented", "api_version": "1.2.3", "subgroup_width": 8,
             "disabled": {{disabled}}, "passed": 0, "failed": 0, "skipped": 0,
             "cases": [{"op": "Add", "parameters": "rows=1", "status": "{{status}}", "error_over_limit": {{error}}}]}
            """));
        return path;
    }
}
