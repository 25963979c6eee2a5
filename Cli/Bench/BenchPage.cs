using System.Globalization;
using System.Text.Json;
using VkSparseGrad.Benchmarks;

namespace VkSparseGrad.Cli.Bench;

/// <summary>Figures from JSON lists as a Markdown table, each beside PyTorch's where a list has one of the same name.</summary>
internal sealed class BenchPage
{
    /// <summary>What the names of PyTorch's figures begin with.</summary>
    private const string Peer = "torch_";

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
        output.WriteLine("| figure | unit | here | PyTorch | here / PyTorch |");
        output.WriteLine("|---|---|---|---|---|");
        foreach (Measurement own in byName.Values.Where(item => !IsPeer(item)))
        {
            Measurement? peer = byName.GetValueOrDefault(Peer + own.Name);
            output.WriteLine($"| {own.Name} | {own.Unit} | {Text(own.Value)} | {Text(peer?.Value)} | {Text(own.Value / peer?.Value)} |");
        }

        foreach (Measurement peer in byName.Values.Where(item => IsPeer(item) && !byName.ContainsKey(item.Name[Peer.Length..])))
            output.WriteLine($"| {peer.Name[Peer.Length..]} | {peer.Unit} | | {Text(peer.Value)} | |");
    }

    private static bool IsPeer(Measurement item) => item.Name.StartsWith(Peer, StringComparison.Ordinal);

    private static string Text(double? value) => value?.ToString("G4", CultureInfo.InvariantCulture) ?? "";
}
