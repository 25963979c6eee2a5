using System.Globalization;
using System.Text.Json;
using VkSparseGrad.Benchmarks;

namespace VkSparseGrad.Cli.Bench;

/// <summary>Figures from JSON lists as a Markdown table, each beside those of other libraries that lists have of the same name.</summary>
internal sealed class BenchPage
{
    /// <summary>Libraries, and what the names of their figures begin with.</summary>
    private static readonly (string Name, string Prefix)[] Peers = [("PyTorch", "torch_"), ("ONNX Runtime", "onnxruntime_")];

    private readonly List<Measurement> measurements = [];

    /// <summary>Reads a list.</summary>
    /// <exception cref="InvalidDataException">The file is not such a list.</exception>
    public void Add(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (JsonElement item in document.RootElement.EnumerateArray())
            {
                measurements.Add(new Measurement(
                    item.GetProperty("name").GetString()!, item.GetProperty("value").GetDouble(), item.GetProperty("unit").GetString()!));
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} is not a list of 'vksparsegrad bench --format json'.", error);
        }
    }

    public void Write(TextWriter output)
    {
        Dictionary<string, Measurement> byName = measurements.GroupBy(item => item.Name).ToDictionary(group => group.Key, group => group.Last());
        (string Name, string Prefix)[] present = [.. Peers.Where(peer => byName.Keys.Any(name => name.StartsWith(peer.Prefix, StringComparison.Ordinal)))];
        output.WriteLine($"| figure | unit | here |{string.Concat(present.Select(peer => $" {peer.Name} | here / {peer.Name} |"))}");
        output.WriteLine($"|---|---|---|{string.Concat(present.Select(_ => "---|---|"))}");
        foreach ((string name, string unit) in byName.Values.Select(item => (Name: OwnName(item.Name), item.Unit)).DistinctBy(item => item.Name))
        {
            double? own = byName.GetValueOrDefault(name)?.Value;
            output.WriteLine($"| {name} | {unit} | {Text(own)} |{string.Concat(present.Select(peer => Beside(own, byName.GetValueOrDefault(peer.Prefix + name)?.Value)))}");
        }
    }

    private static string Beside(double? own, double? peer) => $" {Text(peer)} | {Text(own / peer)} |";

    /// <summary>The name of a figure without its library's.</summary>
    private static string OwnName(string name) =>
        Peers.Where(peer => name.StartsWith(peer.Prefix, StringComparison.Ordinal)).Select(peer => name[peer.Prefix.Length..]).FirstOrDefault(name);

    private static string Text(double? value) => value?.ToString("G4", CultureInfo.InvariantCulture) ?? "";
}
