using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Writes what SparseGrad has trained as an adapter: everything that base model and adapter need to give the trained
/// model again. <see cref="AdaptedWeights"/> reads it.</summary>
/// <remarks>
/// For an MLP weight W of a kind with the bases Q [D_out, D_out] and P [D_in, D_in], both kept as rows (Qᵀ, Pᵀ):
/// W = W_base + Q Δ Pᵀ. Δ is zero but at a few places; it is kept as the matrix [d, D] of the small side by the large one,
/// so for a weight with more outputs than inputs it is Δᵀ. All other trained parameters are kept whole.
/// <list type="bullet">
/// <item><c>NAME.sparse_indices</c>, I64: s · D + l of each place, rising; <c>NAME.sparse_values</c>, F32: Δ there.</item>
/// <item><c>basis.KIND.output</c> (Qᵀ) and <c>basis.KIND.input</c> (Pᵀ), F32, for the kinds <c>intermediate.dense</c> and
/// <c>output.dense</c>.</item>
/// <item>Any other name: a trained parameter under its canonical name, F32.</item>
/// </list>
/// </remarks>
public static class SparseGradAdapter
{
    /// <summary>The file of the tensors.</summary>
    public const string WeightsFileName = "adapter_model.safetensors";

    /// <summary>The file that describes them.</summary>
    public const string ConfigFileName = "adapter_config.json";

    /// <summary>Writes the adapter of a model that is still as its trainer left it.</summary>
    /// <param name="folder">Where to; made if it is not there. Files of the same names are replaced.</param>
    /// <param name="model">The trained model, its MLP layers rotated by SparseGrad.</param>
    /// <param name="baseWeights">The weights that training began with.</param>
    /// <param name="description">What the adapter is of.</param>
    /// <exception cref="ArgumentException">The model has no SparseGrad layers.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(string folder, BertClassifier model, IWeightSource baseWeights, SparseGradAdapterDescription description)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(baseWeights);
        ArgumentNullException.ThrowIfNull(description);
        SparseGradLinear[] layers = [.. model.SparseGradLayers];
        if (layers.Length == 0)
            throw new ArgumentException("The model has no SparseGrad layers, so there is no adapter to write.", nameof(model));

        SparseDelta[] deltas = [.. layers.Select(layer => SparseDelta.Of(model.Kernels, layer.Weight, baseWeights))];
        Parameter[] dense = [.. model.Parameters.Where(parameter => parameter.IsTrainable)];

        var writer = new SafetensorsWriter();
        foreach (SparseDelta delta in deltas)
        {
            writer.AddInt64(SparseGradAdapterNames.Indices(delta.Name), SafetensorsType.I64, [delta.Indices.Length], delta.Indices.CopyTo);
            writer.AddFloats(SparseGradAdapterNames.Values(delta.Name), SafetensorsType.F32, [delta.Values.Length], delta.Values.CopyTo);
        }

        foreach (HalfRotatedWeight first in layers.Select(layer => layer.Weight).DistinctBy(weight => weight.Basis))
        {
            SparseGradBasis basis = first.Basis;
            Add(writer, model, SparseGradAdapterNames.OutputBasis(Kind(first)), basis.SmallSideIsInput ? basis.Large : basis.Small);
            Add(writer, model, SparseGradAdapterNames.InputBasis(Kind(first)), basis.SmallSideIsInput ? basis.Small : basis.Large);
        }

        foreach (Parameter parameter in dense)
        {
            long[] shape = parameter.IsVector ? [parameter.Value.Columns] : [parameter.Value.Rows, parameter.Value.Columns];
            writer.AddFloats(parameter.Name, SafetensorsType.F32, shape, values => model.ReadWeight(parameter.Name, values));
        }

        Directory.CreateDirectory(folder);
        writer.Save(Path.Combine(folder, WeightsFileName));
        SparseGradAdapterConfigWriter.Write(
            Path.Combine(folder, ConfigFileName), description, [.. layers.Select(layer => layer.Weight)], deltas, dense);
    }

    /// <summary>The kind of layer a weight belongs to, as its name says it.</summary>
    internal static string Kind(HalfRotatedWeight weight) =>
        weight.Name.Contains(".intermediate.", StringComparison.Ordinal) ? "intermediate.dense" : "output.dense";

    private static void Add(SafetensorsWriter writer, BertClassifier model, string name, Tensors.Tensor tensor) => writer.AddFloats(
        name, SafetensorsType.F32, [tensor.Rows, tensor.Columns], values => model.Kernels.Download(tensor, values));
}
