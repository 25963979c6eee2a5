using System.Text.Json;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>What <c>adapter_config.json</c> says, as far as reading the adapter needs it.</summary>
/// <param name="BaseModel">The folder or name of the base model; only shown.</param>
/// <param name="Labels">Outputs of the classifier.</param>
/// <param name="Sparse">The MLP weights.</param>
/// <param name="Dense">Canonical names of the parameters that are kept whole. No name is listed twice, nor among the MLP weights.</param>
internal sealed record SparseGradAdapterConfig(
    string BaseModel, int Labels, IReadOnlyList<SparseGradAdapterWeight> Sparse, IReadOnlyList<string> Dense)
{
    public const string PeftType = "SPARSEGRAD";

    public const int FormatVersion = 1;

    /// <exception cref="ModelFolderException">The file is not JSON, is of another kind of adapter, or a value is out of bounds.</exception>
    public static SparseGradAdapterConfig Read(string path)
    {
        try
        {
            using JsonDocument document = JsonFile.ReadObject(path);
            return Read(path, new ConfigFields(path, document.RootElement));
        }
        catch (InvalidOperationException e)
        {
            // What System.Text.Json throws when an escape in a string is half of a surrogate pair.
            throw new ModelFolderException(path, "a string is not valid Unicode; the file is damaged, copy it again", e);
        }
    }

    private static SparseGradAdapterConfig Read(string path, ConfigFields fields)
    {
        fields.RequireText("peft_type", PeftType, mayBeAbsent: false);
        int version = fields.Positive("format_version");
        if (version != FormatVersion)
            throw new ModelFolderException(path, $"format_version is {version}, only {FormatVersion} is supported here; use the version of VkSparseGrad that wrote it");

        SparseGradAdapterWeight[] sparse = [.. fields.Objects("sparse_weights").Select(entry => Weight(path, entry.Name, entry.Fields))];
        string[] dense = [.. fields.Texts("dense_parameters")];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in sparse.Select(weight => weight.Name).Concat(dense))
        {
            if (!seen.Add(name))
                throw new ModelFolderException(path, $"{Printable.Quote(name)} is listed twice; the file is damaged, copy it again");
        }

        return new(fields.Text("base_model_name_or_path"), fields.Positive("num_labels"), sparse, dense);
    }

    private static SparseGradAdapterWeight Weight(string path, string name, ConfigFields fields)
    {
        string side = fields.Text("small_side");
        int small = fields.Positive("d", most: SparseGradAdapterWeight.LongestSide);
        int large = fields.Positive("D", most: SparseGradAdapterWeight.LongestSide);
        var weight = new SparseGradAdapterWeight(
            name, fields.Text("kind"), side == "input", small, large, fields.NonNegative("entries", most: small * large));

        // Of a square weight the small side is the input.
        if (side != (weight.Inputs <= weight.Outputs ? "input" : "output"))
        {
            throw new ModelFolderException(path, $"{Printable.Quote(name)} has small_side {Printable.Quote(side)}, d {small} and D {large}, " +
                "which contradict each other; the file is damaged, copy it again");
        }

        return weight;
    }
}
