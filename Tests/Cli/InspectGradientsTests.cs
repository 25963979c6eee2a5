using System.Text.Json;

namespace VkSparseGrad.Tests.Cli;

[TestClass]
public sealed class InspectGradientsTests
{
    private static readonly string[] Spaces = ["original", "as_published", "rotated"];

    [TestMethod]
    public void Writes_numbers_and_pictures_of_every_layer()
    {
        using var task = new TinyTask();
        CommandRun run = CommandRun.Of(Inspect(task, "--layer", "0", "--kind", "output", "--top", "0.05,0.01"));
        run.AssertSuccess();
        Assert.Contains("as published", run.Output);
        CollectionAssert.AreEquivalent(
            new[] { "gradients.json", "heatmaps.png", "magnitudes.png", "energy.png", "active.png" },
            Directory.GetFiles(task.Output).Select(Path.GetFileName).ToArray());
        foreach (string picture in Directory.GetFiles(task.Output, "*.png"))
        {
            (int width, int height) = Png.Size(picture);
            Assert.IsTrue(width is >= 800 and <= 2000 && height is >= 500 and <= 1500, $"{picture}: {width} x {height}");
        }

        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(task.Output, "gradients.json")));
        JsonElement.ArrayEnumerator layers = json.RootElement.GetProperty("layers").EnumerateArray();
        CollectionAssert.AreEqual(
            new[] { "intermediate", "output" }, layers.Select(layer => Text(layer, "kind")).Distinct().ToArray());
        foreach (JsonElement layer in layers)
        {
            foreach (JsonElement space in Spaces.Select(layer.GetProperty))
                CheckSpace(space, layer.GetProperty("rows").GetInt32() * layer.GetProperty("columns").GetInt32());
        }
    }

    [TestMethod]
    public void The_same_seed_gives_the_same_numbers()
    {
        using var task = new TinyTask();
        string[] numbers = new string[2];
        for (int i = 0; i < 2; i++)
        {
            CommandRun.Of(Inspect(task, "--overwrite")).AssertSuccess();
            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(task.Output, "gradients.json")));
            numbers[i] = json.RootElement.GetProperty("layers").GetRawText();
        }

        Assert.AreEqual(numbers[0], numbers[1]);
    }

    [TestMethod]
    public void What_cannot_be_is_told_in_one_line()
    {
        using var task = new TinyTask();
        CommandRun.Of(Inspect(task, "--layer", "3")).AssertFailure(1, "--layer is 3, but the model has layers 0 to 2.");
        CommandRun.Of(Inspect(task, "--top", "0.1,2")).AssertFailure(2, "--top is '0.1,2'; it must be numbers above 0 and at most 1");
        CommandRun.Of(Inspect(task, "--kind", "query")).AssertFailure(2, "--kind 'query' is not one of intermediate, output");
        CommandRun.Of([.. Inspect(task).Where(arg => arg != "--reset-head")]).AssertFailure(1, "3 labels", "--reset-head");
        task.AssertNothingWritten();

        Directory.CreateDirectory(task.Output);
        string precious = Path.Combine(task.Output, "precious.txt");
        File.WriteAllText(precious, "mine");
        CommandRun.Of(Inspect(task)).AssertFailure(1, "exists and is not empty");
        CommandRun.Of(Inspect(task, "--overwrite")).AssertFailure(1, "gradients.json", "left alone");
        Assert.IsTrue(File.Exists(precious));
    }

    private static void CheckSpace(JsonElement space, int entries)
    {
        double[] shares = [.. space.GetProperty("energy_share").EnumerateObject().Select(share => share.Value.GetDouble())];
        Assert.IsTrue(shares is [> 0, <= 1] && shares[0] < shares[1], string.Join(' ', shares));
        double[] magnitudes = Numbers(space, "curve_magnitude");
        CollectionAssert.AreEqual(magnitudes.OrderDescending().ToArray(), magnitudes);
        Assert.AreEqual(entries, Numbers(space, "curve_rank")[^1]);
        foreach (double share in Numbers(space, "active_rows").Concat(Numbers(space, "active_columns")))
            Assert.IsTrue(share is > 0 and <= 1);
        Assert.HasCount(2, Numbers(space, "active_rows"), "one for each batch");
    }

    private static string[] Inspect(TinyTask task, params string[] more) =>
    [
        "inspect-gradients", "--reset-head", "--model", task.Model, "--task", "cola", "--data", task.Data, "--output", task.Output,
        "--preliminary-steps", "2", "--steps", "2", "--batch-size", "8", "--device", "llvmpipe", .. more,
    ];

    private static double[] Numbers(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(number => number.GetDouble())];

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
