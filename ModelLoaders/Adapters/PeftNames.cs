namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>The names of PEFT's tensors; see <see cref="Adapter"/> for what they hold.</summary>
internal static class PeftNames
{
    /// <summary>In front of the names of the wrapped model.</summary>
    public const string Prefix = "base_model.model.";

    /// <summary>A [r, D_in] of a layer.</summary>
    public static string Down(string module) => $"{Prefix}{module}.lora_A.weight";

    /// <summary>B [D_out, r] of a layer.</summary>
    public static string Up(string module) => $"{Prefix}{module}.lora_B.weight";

    /// <summary>A parameter that is kept whole. PEFT puts a layer of its own around one with factors, which moves that one's bias.</summary>
    /// <param name="name">The canonical name.</param>
    /// <param name="adapted">The layers with factors.</param>
    public static string Whole(string name, IReadOnlySet<string> adapted)
    {
        string module = Module(name);
        return Prefix + (adapted.Contains(module) ? $"{module}.base_layer{name[module.Length..]}" : name);
    }

    /// <summary>The module by which PEFT keeps a layer whole. RoBERTa's head it keeps as one, unasked, so its layers are not named
    /// apart.</summary>
    public static string Saved(string module) => module.StartsWith("classifier.", StringComparison.Ordinal) ? "classifier" : module;

    /// <summary>The layer that a parameter belongs to.</summary>
    public static string Module(string parameter) => parameter[..Math.Max(0, parameter.LastIndexOf('.'))];
}
