using System.Text.Json;
using VkSparseGrad.Layers;
using VkSparseGrad.Training;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Writes the <c>adapter_config.json</c> of every method but LoRA.</summary>
internal static class SparseConfigWriter
{
    public static void Write(
        string path, AdapterDescription description, TrainingOptions options, IReadOnlyList<WeightChange> changes, IReadOnlyList<Parameter> dense) =>
        AdapterJson.Write(path, json =>
        {
            json.WriteString("peft_type", SparseConfig.TypeOf(description.Method));
            json.WriteNumber("format_version", SparseConfig.FormatVersion);
            json.WriteString("base_model_name_or_path", description.BaseModel);
            json.WriteString("task_type", description.Labels == 0 ? PeftConfig.LanguageTask : PeftConfig.ClassifierTask);
            json.WriteString("task", description.Task);
            if (description.Labels > 0)
                json.WriteNumber("num_labels", description.Labels);
            if (changes.Count > 0 && options.KeptEntries is int kept)
                json.WriteNumber("kept_entries", kept);
            else if (changes.Count > 0)
                json.WriteNumber("fraction", options.Fraction);
            json.WriteString("how_to_apply", HowToApply(description.Method) + "Parameters in dense_parameters replace those of the base.");
            if (changes.Count > 0)
                WriteChanges(json, changes);
            WriteDense(json, dense);
        });

    private static string HowToApply(TrainingMethod method) => method switch
    {
        TrainingMethod.SparseGrad =>
            "W = W_base + Q delta P^T, where delta [D_out, D_in] is zero but for NAME.sparse_values at NAME.sparse_indices, " +
            "basis.KIND.output holds Q's columns as rows and basis.KIND.input P's; an index counts s * D + l, s on the small " +
            "side of the weight, l on the large side. ",
        TrainingMethod.MeProp =>
            "W = W_base + delta, where delta [D_out, D_in] is zero but for NAME.sparse_values at NAME.sparse_indices; an index " +
            "counts o * D_in + i. ",
        _ => "",
    };

    private static void WriteChanges(Utf8JsonWriter json, IReadOnlyList<WeightChange> changes)
    {
        json.WriteStartObject("sparse_weights");
        foreach (WeightChange change in changes)
        {
            json.WriteStartObject(change.Name);
            switch (change)
            {
                case RotatedChange rotated:
                    json.WriteString("kind", rotated.Kind);
                    json.WriteString("small_side", rotated.SmallSideIsInput ? "input" : "output");
                    json.WriteNumber("d", rotated.Small);
                    json.WriteNumber("D", rotated.Large);
                    json.WriteNumber("entries", rotated.Entries);
                    break;
                case SparseChange sparse:
                    json.WriteNumber("rows", sparse.Outputs);
                    json.WriteNumber("columns", sparse.Inputs);
                    json.WriteNumber("entries", sparse.Entries);
                    break;
                default:
                    throw new InvalidOperationException($"There is no place here for a {change.GetType().Name}.");
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteDense(Utf8JsonWriter json, IReadOnlyList<Parameter> dense)
    {
        json.WriteNumber("dense_values", dense.Sum(parameter => parameter.Value.Length));
        json.WriteString(
            "dense_note",
            "Everything else that was trained is kept whole, for without it the result is another model. With '--train all' this " +
            "can be most of the base model; with '--train mlp' it is the head, and with BitFit the biases.");
        json.WriteStartArray("dense_parameters");
        foreach (Parameter parameter in dense)
            json.WriteStringValue(parameter.Name);
        json.WriteEndArray();
    }
}
