using System.Text.RegularExpressions;
using VkSparseGrad.Layers;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Writes LoRA's <c>adapter_config.json</c> as PEFT reads it.</summary>
/// <remarks>It has PEFT's own keys and no others, since PEFT up to 0.13 refuses a file with more.</remarks>
internal static partial class PeftConfigWriter
{
    /// <param name="path">The file.</param>
    /// <param name="description">What the adapter is of.</param>
    /// <param name="options">LoRA's settings.</param>
    /// <param name="adapted">The layers with factors.</param>
    /// <param name="others">The model's other layers.</param>
    /// <param name="saved">The layers that were trained whole.</param>
    public static void Write(
        string path, AdapterDescription description, LoraOptions options, IReadOnlyCollection<string> adapted, IReadOnlyCollection<string> others,
        IReadOnlyCollection<string> saved) =>
        AdapterJson.Write(path, json =>
        {
            json.WriteNull("auto_mapping");
            json.WriteString("base_model_name_or_path", description.BaseModel);
            json.WriteString("bias", "none");
            json.WriteBoolean("fan_in_fan_out", false);
            json.WriteBoolean("inference_mode", true);
            json.WriteBoolean("init_lora_weights", true);
            json.WriteNull("layers_pattern");
            json.WriteNull("layers_to_transform");
            json.WriteNumber("lora_alpha", options.Scale * options.Rank);
            json.WriteNumber("lora_dropout", options.Dropout);
            json.WriteStartArray("modules_to_save");
            foreach (string module in saved)
                json.WriteStringValue(module);
            json.WriteEndArray();
            json.WriteString("peft_type", PeftConfig.PeftType);
            json.WriteNumber("r", options.Rank);
            json.WriteNull("revision");
            json.WriteString("target_modules", Pattern(adapted, others));
            json.WriteString("task_type", description.Labels == 0 ? PeftConfig.LanguageTask : PeftConfig.ClassifierTask);
        });

    /// <summary>A regular expression for whole names. A list of names would not do: PEFT compares names in it with the ends of
    /// the layers' names, so that <c>output.dense</c> is also <c>attention.output.dense</c>.</summary>
    private static string Pattern(IReadOnlyCollection<string> adapted, IReadOnlyCollection<string> others)
    {
        HashSet<string> elsewhere = [.. others.Select(name => Kind(name, "[0-9]+"))];
        return string.Join('|', adapted.GroupBy(name => Kind(name, "[0-9]+")).Select(layers => elsewhere.Contains(layers.Key)
            ? Kind(layers.First(), $"(?:{string.Join('|', layers.Select(name => BlockNumber().Match(name).Groups[1].Value))})")
            : layers.Key));
    }

    /// <summary>The pattern of a layer in the blocks of these numbers.</summary>
    private static string Kind(string name, string numbers) =>
        BlockNumber().Replace(name, $".{numbers}.", 1).Replace(".", @"\.", StringComparison.Ordinal);

    [GeneratedRegex(@"\.([0-9]+)\.")]
    private static partial Regex BlockNumber();
}
