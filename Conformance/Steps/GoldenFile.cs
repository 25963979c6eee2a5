using System.Text.Json;
using VkSparseGrad.Models;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Conformance.Steps;

/// <summary>A folder of golden values: what PyTorch computed in float64.</summary>
internal sealed class GoldenFile : IDisposable
{
    private readonly SafetensorsFile file;

    public GoldenFile(string name)
    {
        Folder = Path.Combine(AppContext.BaseDirectory, "golden", name);
        file = SafetensorsFile.Open(Path.Combine(Folder, "golden.safetensors"));
        string settings = Path.Combine(Folder, "golden.json");
        Settings = File.Exists(settings) ? JsonDocument.Parse(File.ReadAllText(settings)).RootElement : default;
    }

    public string Folder { get; }

    public JsonElement Settings { get; }

    public IEnumerable<string> Names => file.Tensors.Select(tensor => tensor.Name);

    public bool Has(string name) => file.TryGet(name, out _);

    public double[] Doubles(string name)
    {
        var values = new double[file[name].ElementCount];
        file.ReadDoubles(name, values);
        return values;
    }

    public long[] Integers(string name)
    {
        var values = new long[file[name].ElementCount];
        file.ReadInt64(name, values);
        return values;
    }

    public double[] SettingArray(string name) => [.. Settings.GetProperty(name).EnumerateArray().Select(item => item.GetDouble())];

    /// <summary>The batch of a prefix, its padding removed.</summary>
    /// <param name="prefix">Such as <c>step1/</c>, or empty for the golden batch.</param>
    /// <param name="labels">The labels, where they are not in the file.</param>
    public TokenizedExample[] Batch(string prefix, double[]? labels = null)
    {
        long[] ids = Integers(prefix + "input_ids");
        long[] types = Has(prefix + "token_type_ids") ? Integers(prefix + "token_type_ids") : new long[ids.Length];
        long[] mask = Integers(prefix + "attention_mask");
        labels ??= file[prefix + "labels"].Type == SafetensorsType.I64
            ? [.. Integers(prefix + "labels").Select(label => (double)label)]
            : Doubles(prefix + "labels");
        int columns = ids.Length / labels.Length;
        return
        [
            .. labels.Select((label, row) =>
            {
                int[] kept = [.. Enumerable.Range(row * columns, columns).Where(at => mask[at] == 1)];
                return new TokenizedExample(
                    [.. kept.Select(at => (int)ids[at])], [.. kept.Select(at => (int)types[at])], (float)label);
            }),
        ];
    }

    public void Dispose() => file.Dispose();
}
