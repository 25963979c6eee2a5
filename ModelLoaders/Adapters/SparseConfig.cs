using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>The <c>adapter_config.json</c> of every method but LoRA, as far as reading the adapter needs it.</summary>
/// <param name="Description">What the adapter is of.</param>
/// <param name="Changes">The MLP weights.</param>
/// <param name="Dense">Canonical names of the parameters that are kept whole. No name is listed twice, nor among the MLP weights.</param>
internal sealed record SparseConfig(AdapterDescription Description, IReadOnlyList<WeightChange> Changes, IReadOnlyList<string> Dense)
    : AdapterConfig(Description)
{
    public const int FormatVersion = 1;

    private static readonly Dictionary<TrainingMethod, string> Types = new()
    {
        [TrainingMethod.SparseGrad] = "SPARSEGRAD",
        [TrainingMethod.MeProp] = "MEPROP",
        [TrainingMethod.BitFit] = "BITFIT",
        [TrainingMethod.FrozenMlp] = "FROZEN_MLP",
    };

    /// <summary>All values of <c>peft_type</c>, for messages.</summary>
    public static string PeftTypes => string.Join(", ", Types.Values);

    /// <summary>The <c>peft_type</c> of a method.</summary>
    public static string TypeOf(TrainingMethod method) => Types[method];

    /// <summary>The method of a <c>peft_type</c>; null if it is none of these.</summary>
    public static TrainingMethod? MethodOf(string type) =>
        Types.ContainsValue(type) ? Types.First(entry => entry.Value == type).Key : null;

    /// <exception cref="ModelFolderException">A value is missing, of the wrong type or out of bounds.</exception>
    public static SparseConfig Read(string path, ConfigFields fields, TrainingMethod method)
    {
        int version = fields.Positive("format_version");
        if (version != FormatVersion)
            throw new ModelFolderException(path, $"format_version is {version}, only {FormatVersion} is supported here; use the version of VkSparseGrad that wrote it");

        WeightChange[] changes = method switch
        {
            TrainingMethod.SparseGrad => [.. fields.Objects("sparse_weights").Select(entry => Rotated(path, entry.Name, entry.Fields))],
            TrainingMethod.MeProp => [.. fields.Objects("sparse_weights").Select(entry => Sparse(entry.Name, entry.Fields))],
            _ => [],
        };
        string[] dense = [.. fields.Texts("dense_parameters")];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in changes.Select(change => change.Name).Concat(dense))
        {
            if (!seen.Add(name))
                throw new ModelFolderException(path, $"{Printable.Quote(name)} is listed twice; the file is damaged, copy it again");
        }

        var description = new AdapterDescription(
            fields.Text("base_model_name_or_path"), fields.TextOrNull("task"), fields.TextOrNull("task_type") == PeftConfig.LanguageTask ? 0 : fields.Positive("num_labels"), method);
        return new SparseConfig(description, changes, dense);
    }

    public override AdapterContents For(IWeightSource baseWeights) => new(Changes, Dense.ToDictionary(name => name, StringComparer.Ordinal));

    private static RotatedChange Rotated(string path, string name, ConfigFields fields)
    {
        string side = fields.Text("small_side");
        int small = fields.Positive("d", most: RotatedChange.LongestSide);
        int large = fields.Positive("D", most: RotatedChange.LongestSide);
        var change = new RotatedChange(
            name, fields.Text("kind"), side == "input", small, large, fields.NonNegative("entries", most: small * large));

        // Of a square weight the small side is the input.
        if (side != (change.Inputs <= change.Outputs ? "input" : "output"))
        {
            throw new ModelFolderException(path, $"{Printable.Quote(name)} has small_side {Printable.Quote(side)}, d {small} and D {large}, " +
                "which contradict each other; the file is damaged, copy it again");
        }

        return change;
    }

    private static SparseChange Sparse(string name, ConfigFields fields)
    {
        int rows = fields.Positive("rows", most: RotatedChange.LongestSide);
        int columns = fields.Positive("columns", most: RotatedChange.LongestSide);
        return new SparseChange(name, rows, columns, fields.NonNegative("entries", most: rows * columns));
    }
}
