using System.Text.Json.Nodes;

namespace VkSparseGrad.Tests.Cli;

/// <summary>The tiny model with two tiny tasks in one folder, and command lines that compare methods on them.</summary>
internal sealed class TinyComparison : IDisposable
{
    private readonly TinyTask task = new();

    public TinyComparison()
    {
        foreach (string file in (string[])["train.tsv", "dev.tsv"])
        {
            string[] rows = File.ReadAllLines(Path.Combine(task.Data, file));
            Write("CoLA", file, rows);
            Write("sst-2", file, ["sentence\tlabel", .. rows.Select(row => row.Split('\t')).Select(row => $"{row[3]}\t{row[1]}")]);
        }
    }

    public string Root => task.Root;

    public string Model => task.Model;

    public string Data => Path.Combine(Root, "glue");

    public string Output => Path.Combine(Root, "comparison");

    public string Report => Path.Combine(Output, "report.md");

    /// <summary>A complete command line of two tasks, two methods and two seeds; further options behind it take the place of its own.</summary>
    public string[] Compare(params string[] more)
    {
        (string Name, string Value)[] own =
        [
            ("--model", Model), ("--data", Data), ("--output", Output), ("--tasks", "cola,sst2"), ("--methods", "full,sparsegrad"),
            ("--seeds", "1,2"), ("--preliminary-steps", "3"), ("--learning-rate", "1e-2"), ("--device", "llvmpipe"),
        ];
        return
        [
            "compare", "--reset-head",
            .. own.Where(option => !more.Contains(option.Name)).SelectMany(option => (string[])[option.Name, option.Value]),
            .. more,
        ];
    }

    /// <summary>The same as a file; its keys can be replaced, and are left out where null.</summary>
    public string[] CompareFile(params (string Key, string? Json)[] changes)
    {
        JsonObject file = new()
        {
            ["model"] = Model,
            ["data"] = Data,
            ["output"] = Output,
            ["tasks"] = new JsonArray("cola", "SST-2"),
            ["methods"] = new JsonArray("full", "sparsegrad"),
            ["seeds"] = new JsonArray(1, 2),
            ["settings"] = JsonNode.Parse("""{"preliminary_steps": 3, "learning_rate": 1e-2, "device": "llvmpipe", "reset_head": true}"""),
        };
        foreach ((string key, string? json) in changes)
        {
            file.Remove(key);
            if (json is not null)
                file[key] = JsonNode.Parse(json);
        }

        string path = Path.Combine(Root, "runs.json");
        File.WriteAllText(path, file.ToJsonString());
        return ["compare", "--file", path];
    }

    public string Cell(string name, string method, int seed) => Path.Combine(Output, "cells", name, method, $"seed-{seed}");

    /// <summary>The metrics.json of all cells with the times they were written.</summary>
    public IReadOnlyDictionary<string, DateTime> CellTimes() =>
        Directory.GetFiles(Path.Combine(Output, "cells"), "metrics.json", SearchOption.AllDirectories).ToDictionary(path => path, File.GetLastWriteTimeUtc);

    public void Dispose() => task.Dispose();

    private void Write(string folder, string file, string[] rows)
    {
        Directory.CreateDirectory(Path.Combine(Data, folder));
        File.WriteAllLines(Path.Combine(Data, folder, file), rows);
    }
}
