using System.Text.Encodings.Web;
using System.Text.Json;
using VkSparseGrad.Layers;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Writes <c>adapter_config.json</c> beside an adapter's tensors.</summary>
internal static class SparseGradAdapterConfigWriter
{
    private static readonly JsonWriterOptions Readable =
        new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(
        string path, SparseGradAdapterDescription description, HalfRotatedWeight[] weights, SparseDelta[] deltas, Parameter[] dense) =>
        AtomicFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(stream, Readable);
            json.WriteStartObject();
            json.WriteString("peft_type", SparseGradAdapterConfig.PeftType);
            json.WriteNumber("format_version", SparseGradAdapterConfig.FormatVersion);
            json.WriteString("base_model_name_or_path", description.BaseModel);
            json.WriteString("task_type", "SEQ_CLS");
            json.WriteString("task", description.Task);
            json.WriteNumber("num_labels", description.Labels);
            json.WriteNumber("fraction", description.Fraction);
            json.WriteString(
                "how_to_apply",
                "W = W_base + Q delta P^T, where delta [D_out, D_in] is zero but for NAME.sparse_values at NAME.sparse_indices, " +
                "basis.KIND.output holds Q's columns as rows and basis.KIND.input P's; an index counts s * D + l, s on the small " +
                "side of the weight, l on the large side. Parameters in dense_parameters replace those of the base.");
            WriteWeights(json, weights, deltas);
            WriteDense(json, dense);
            json.WriteEndObject();
        });

    private static void WriteWeights(Utf8JsonWriter json, HalfRotatedWeight[] weights, SparseDelta[] deltas)
    {
        json.WriteStartObject("sparse_weights");
        foreach ((HalfRotatedWeight weight, SparseDelta delta) in weights.Zip(deltas))
        {
            json.WriteStartObject(weight.Name);
            json.WriteString("kind", SparseGradAdapter.Kind(weight));
            json.WriteString("small_side", weight.SmallSideIsInput ? "input" : "output");
            json.WriteNumber("d", delta.Rows);
            json.WriteNumber("D", delta.Columns);
            json.WriteNumber("entries", delta.Indices.Length);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteDense(Utf8JsonWriter json, Parameter[] dense)
    {
        long values = dense.Sum(parameter => parameter.Value.Length);
        json.WriteNumber("dense_values", values);
        json.WriteString(
            "dense_note",
            "Everything that was trained beside the MLP weights is kept whole, for without it the result is another model. With " +
            "'--train all' this is most of the base model; with '--train mlp' it is pooler and classifier.");
        json.WriteStartArray("dense_parameters");
        foreach (Parameter parameter in dense)
            json.WriteStringValue(parameter.Name);
        json.WriteEndArray();
    }
}
