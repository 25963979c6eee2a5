using System.Text.RegularExpressions;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Training;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>The <c>adapter_config.json</c> of LoRA, ours or PEFT's own, as far as reading the adapter needs it.</summary>
/// <param name="Description">What the adapter is of.</param>
/// <param name="Rank">r.</param>
/// <param name="Scale">lora_alpha / r.</param>
/// <param name="IsTarget">Whether a layer of this canonical name has factors.</param>
/// <param name="Saved">Ends of the names of layers that are kept whole.</param>
/// <param name="Whole">Canonical names of parameters that are kept whole, as far as they are listed one by one.</param>
internal sealed record PeftConfig(
    AdapterDescription Description, int Rank, double Scale, Func<string, bool> IsTarget, IReadOnlyList<string> Saved, IReadOnlyList<string> Whole)
    : AdapterConfig(Description)
{
    public const string PeftType = "LORA";

    /// <summary>PEFT's names of what a model is for.</summary>
    public const string ClassifierTask = "SEQ_CLS", LanguageTask = "CAUSAL_LM";

    /// <summary>An entry of the tensors file: the task's name.</summary>
    public const string TaskKey = "task";

    /// <summary>An entry of the tensors file: canonical names of all parameters that are kept whole, a line each. PEFT's own keys
    /// cannot name a parameter of a layer whose other parameters were not trained.</summary>
    public const string WholeKey = "trained_parameters";

    private const int LargestRank = 65_536;
    private const int LongestPattern = 4096;

    private static readonly string[] NotSupported =
        ["fan_in_fan_out", "use_rslora", "use_dora", "lora_bias", "rank_pattern", "alpha_pattern", "layers_to_transform", "layer_replication", "exclude_modules", "trainable_token_indices", "target_parameters"];

    /// <exception cref="ModelFolderException">A value is missing, of the wrong type or out of bounds, or asks for what is not supported.</exception>
    public static PeftConfig Read(string path, ConfigFields fields, SafetensorsFile tensors)
    {
        bool isClassifier = fields.OneOf("task_type", ClassifierTask, LanguageTask) == ClassifierTask;
        fields.RequireText("bias", "none");
        foreach (string key in NotSupported)
            fields.RequireNone(key);
        int rank = fields.Positive("r", most: LargestRank);
        double alpha = fields.PositiveNumber("lora_alpha");
        string[] saved = fields.IsAbsent("modules_to_save") ? [] : [.. fields.Texts("modules_to_save")];
        if (saved.Contains(""))
            throw new ModelFolderException(path, "modules_to_save holds an empty name; the file is damaged, copy it again");
        string[] whole = tensors.Metadata.TryGetValue(WholeKey, out string? names) ? names.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
        var description = new AdapterDescription(
            fields.TextOrNull("base_model_name_or_path") ?? "(not named)", tensors.Metadata.GetValueOrDefault(TaskKey),
            isClassifier ? Labels(tensors) : 0, TrainingMethod.Lora);
        return new PeftConfig(description, rank, alpha / rank, Targets(path, fields), saved, whole);
    }

    public override AdapterContents For(IWeightSource baseWeights)
    {
        IReadOnlyList<ModelParameter> all = BaseParameters.Of(baseWeights);
        HashSet<string> whole = [.. Whole, .. all.Select(parameter => parameter.Name).Where(IsSaved)];
        string[] adapted =
        [
            .. all.Where(parameter => parameter.Shape.Count == 2 && !whole.Contains(parameter.Name))
                .Select(parameter => PeftNames.Module(parameter.Name)).Where(IsTarget),
        ];
        HashSet<string> modules = [.. adapted];
        return new AdapterContents(
            [.. adapted.Select(module => new LowRankChange(module, Rank, Scale))],
            whole.ToDictionary(name => name, name => PeftNames.Whole(name, modules), StringComparer.Ordinal));
    }

    /// <summary>PEFT saves a layer if its name, or that of something it is a part of, ends as an entry does.</summary>
    private bool IsSaved(string parameter)
    {
        for (string module = PeftNames.Module(parameter); module.Length > 0; module = PeftNames.Module(module))
        {
            if (Saved.Any(end => module.EndsWith(end, StringComparison.Ordinal)))
                return true;
        }

        return false;
    }

    private static int Labels(SafetensorsFile tensors)
    {
        string[] names =
        [
            .. Enum.GetValues<BertFamily>().Select(family => $"{PeftNames.Prefix}{BertNames.Of(family).Classifier}.weight"),
            PeftNames.Prefix + LlamaNames.Classifier,
        ];
        bool isLlama = tensors.Tensors.Any(tensor => tensor.Name.StartsWith(PeftNames.Prefix + LlamaNames.Prefix, StringComparison.Ordinal));
        string name = names.FirstOrDefault(item => tensors.TryGet(item, out _)) ?? (isLlama ? names[^1] : names[0]);
        if (!tensors.TryGet(name, out SafetensorsTensor? classifier))
            throw new ModelFolderException(tensors.Path, $"'{name}' was trained but is missing; the adapter is not whole, copy or save it again");
        return classifier.Shape is [>= 1 and <= int.MaxValue, _]
            ? (int)classifier.Shape[0]
            : throw new ModelFolderException(tensors.Path, $"'{name}' is {Printable.Shape(classifier.Shape)}, expected a row for each label; the file is damaged, copy it again");
    }

    private static Func<string, bool> Targets(string path, ConfigFields fields)
    {
        if (fields.IsArray("target_modules"))
        {
            string[] ends = [.. fields.Texts("target_modules")];
            return module => ends.Any(end => module == end || module.EndsWith("." + end, StringComparison.Ordinal));
        }

        string pattern = fields.Text("target_modules");
        if (pattern.Length > LongestPattern)
            throw new ModelFolderException(path, $"target_modules is {pattern.Length} characters long, supported are {LongestPattern}");
        try
        {
            // Without backtracking no expression takes long, whoever wrote it.
            var whole = new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return whole.IsMatch;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new ModelFolderException(path, $"target_modules is {Printable.Quote(pattern)}, which is no regular expression that is supported here; list the layers' names instead", e);
        }
    }
}
