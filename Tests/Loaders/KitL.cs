using System.Text;
using System.Text.Json;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>
/// A tiny LLaMA folder: hidden 8, 2 layers, 2 heads, intermediate 16, 32 word rows, RMS epsilon 1e-5, theta 10000, no pad token.
/// Element i of every weight is ((37·i + 11) mod 101 − 50)/500; norm weights are 1.
/// </summary>
internal sealed class KitL : IDisposable
{
    public const string Config = """
        {"model_type": "llama", "hidden_act": "silu", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
         "intermediate_size": 16, "vocab_size": 32, "max_position_embeddings": 16, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
         "tie_word_embeddings": false, "torch_dtype": "float32", "my_key": {"kept": [1.50, "é"]}, "architectures": ["LlamaForCausalLM"]}
        """;

    private readonly TempFolder _folder = new();

    public KitL()
    {
        Tensor("model.embed_tokens.weight", 32, 8);
        foreach (int layer in new[] { 0, 1 })
        {
            string name = $"model.layers.{layer}.";
            Norm(name + "input_layernorm.weight");
            foreach (string part in new[] { "q_proj", "k_proj", "v_proj", "o_proj" })
                Tensor($"{name}self_attn.{part}.weight", 8, 8);
            Norm(name + "post_attention_layernorm.weight");
            Tensor(name + "mlp.gate_proj.weight", 16, 8);
            Tensor(name + "mlp.up_proj.weight", 16, 8);
            Tensor(name + "mlp.down_proj.weight", 8, 16);
        }

        Norm("model.norm.weight");
        Tensor("lm_head.weight", 32, 8);
        File.WriteAllText(this["config.json"], Config);
    }

    public string Path => _folder.Path;

    /// <summary>The tensors that <see cref="Save"/> writes; tests change them first.</summary>
    public Dictionary<string, (long[] Shape, float[] Values)> Tensors { get; } = [];

    public string this[string file] => System.IO.Path.Combine(Path, file);

    /// <summary>The path of a shard of <see cref="SaveShards"/>.</summary>
    /// <param name="number">From 1 to 3.</param>
    public string Shard(int number) => this[$"model-0000{number}-of-00003.safetensors"];

    public void Tensor(string name, params long[] shape) =>
        Tensors[name] = (shape, KitB.Values((int)shape.Aggregate(1L, (product, d) => product * d)));

    /// <summary>Gives tensors other names; null drops one.</summary>
    public KitL Rename(Func<string, string?> rename)
    {
        foreach ((string name, (long[] Shape, float[] Values) tensor) in Tensors.ToArray())
        {
            Tensors.Remove(name);
            if (rename(name) is { } other)
                Tensors[other] = tensor;
        }

        return this;
    }

    public KitL Drop(string name) => Rename(n => n == name ? null : n);

    public KitL Tie() => ReplaceInConfig("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true");

    public KitL Save(SafetensorsType type = SafetensorsType.F32)
    {
        Write(this["model.safetensors"], Tensors.Keys, type);
        return this;
    }

    /// <summary>Writes three shards, a third of the tensors each, and their index.</summary>
    public KitL SaveShards(SafetensorsType type = SafetensorsType.F32)
    {
        string[][] parts = [.. Tensors.Keys.Chunk((Tensors.Count + 2) / 3)];
        var map = new Dictionary<string, string>();
        for (int i = 0; i < parts.Length; i++)
        {
            Write(Shard(i + 1), parts[i], type);
            foreach (string name in parts[i])
                map[name] = System.IO.Path.GetFileName(Shard(i + 1));
        }

        WriteIndex(map);
        return this;
    }

    public void Write(string path, IEnumerable<string> names, SafetensorsType type = SafetensorsType.F32)
    {
        var writer = new SafetensorsWriter(new Dictionary<string, string> { ["note"] = "kit" });
        foreach (string name in names)
            writer.AddFloats(name, type, Tensors[name].Shape, Tensors[name].Values.CopyTo);
        writer.Save(path);
    }

    public void WriteIndex(Dictionary<string, string> map) => File.WriteAllText(
        this["model.safetensors.index.json"],
        $$"""{"metadata": {"total_size": 1, "more": "kept"}, "weight_map": {{JsonSerializer.Serialize(map)}}}""");

    public KitL ReplaceInConfig(string old, string replacement)
    {
        string config = File.ReadAllText(this["config.json"]);
        Assert.Contains(old, config);
        File.WriteAllText(this["config.json"], config.Replace(old, replacement, StringComparison.Ordinal), Encoding.UTF8);
        return this;
    }

    public void Dispose() => _folder.Dispose();

    private void Norm(string name) => Tensors[name] = ([8], [1, 1, 1, 1, 1, 1, 1, 1]);
}
