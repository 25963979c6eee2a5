using System.Text;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>
/// A tiny BERT folder: hidden 8, 2 layers, 2 heads, intermediate 16, 20 word rows, 16 positions, 2 segment types.
/// Element i of every weight is ((37·i + 11) mod 101 − 50)/500; norm weights are 1, biases 0.
/// </summary>
internal sealed class KitB : IDisposable
{
    public const string Config = """
        {"model_type": "bert", "hidden_act": "gelu", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
         "intermediate_size": 16, "vocab_size": 20, "max_position_embeddings": 16, "type_vocab_size": 2,
         "layer_norm_eps": 1e-12, "my_key": {"kept": [1.50, "é"]}, "architectures": ["BertModel"]}
        """;

    private readonly TempFolder _folder = new();

    public KitB()
    {
        Tensor("bert.embeddings.word_embeddings.weight", 20, 8);
        Tensor("bert.embeddings.position_embeddings.weight", 16, 8);
        Tensor("bert.embeddings.token_type_embeddings.weight", 2, 8);
        Norm("bert.embeddings.LayerNorm");
        foreach (int layer in new[] { 0, 1 })
        {
            string name = $"bert.encoder.layer.{layer}.";
            foreach (string part in new[] { "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense" })
                Linear(name + part, 8, 8);
            Norm(name + "attention.output.LayerNorm");
            Linear(name + "intermediate.dense", 16, 8);
            Linear(name + "output.dense", 8, 16);
            Norm(name + "output.LayerNorm");
        }

        Linear("bert.pooler.dense", 8, 8);
        File.WriteAllText(this["config.json"], Config);
    }

    public string Path => _folder.Path;

    /// <summary>The tensors that <see cref="Save"/> writes; tests change them first.</summary>
    public Dictionary<string, (long[] Shape, float[] Values)> Tensors { get; } = [];

    public string this[string file] => System.IO.Path.Combine(Path, file);

    public static float[] Values(int count) => [.. Enumerable.Range(0, count).Select(i => (((37 * i) + 11) % 101 - 50) / 500f)];

    public void Tensor(string name, params long[] shape) =>
        Tensors[name] = (shape, Values((int)shape.Aggregate(1L, (product, d) => product * d)));

    /// <summary>Gives tensors other names; null drops one.</summary>
    public KitB Rename(Func<string, string?> rename)
    {
        foreach ((string name, (long[] Shape, float[] Values) tensor) in Tensors.ToArray())
        {
            Tensors.Remove(name);
            if (rename(name) is { } other)
                Tensors[other] = tensor;
        }

        return this;
    }

    public KitB Save(SafetensorsType type = SafetensorsType.F32, Action<SafetensorsWriter>? more = null)
    {
        var writer = new SafetensorsWriter(new Dictionary<string, string> { ["note"] = "kit" });
        foreach ((string name, (long[] shape, float[] values)) in Tensors)
            writer.AddFloats(name, type, shape, values.CopyTo);
        more?.Invoke(writer);
        writer.Save(this["model.safetensors"]);
        return this;
    }

    public KitB ReplaceInConfig(string old, string replacement)
    {
        Assert.Contains(old, Config);
        File.WriteAllText(this["config.json"], Config.Replace(old, replacement, StringComparison.Ordinal), Encoding.UTF8);
        return this;
    }

    public void Dispose() => _folder.Dispose();

    private void Linear(string name, long outputs, long inputs)
    {
        Tensor(name + ".weight", outputs, inputs);
        Tensors[name + ".bias"] = ([outputs], new float[outputs]);
    }

    private void Norm(string name)
    {
        Tensors[name + ".weight"] = ([8], [1, 1, 1, 1, 1, 1, 1, 1]);
        Tensors[name + ".bias"] = ([8], new float[8]);
    }
}
