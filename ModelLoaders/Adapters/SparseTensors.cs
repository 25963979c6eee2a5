using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Adds the changes at few places to an adapter's file.</summary>
internal static class SparseTensors
{
    /// <summary>SparseGrad's, and the bases.</summary>
    public static IReadOnlyList<WeightChange> AddRotated(SafetensorsWriter writer, TrainableModel model, IWeightSource baseWeights)
    {
        SparseGradWeight[] weights = [.. model.SparseGradLayers.Select(layer => layer.Weight)];
        var changes = new List<WeightChange>();
        foreach (SparseGradWeight weight in weights)
        {
            SparseDelta delta = SparseDelta.Of(model.Kernels, weight, baseWeights);
            Add(writer, delta.Name, delta.Indices, delta.Values);
            changes.Add(new RotatedChange(delta.Name, Kind(weight), weight.SmallSideIsInput, delta.Rows, delta.Columns, delta.Indices.Length));
        }

        foreach (SparseGradWeight first in weights.DistinctBy(weight => weight.Basis))
        {
            AddBasis(writer, SparseNames.OutputBasis(Kind(first)), first.Basis.Output.Rows, values => first.Basis.ReadOutput(model.Kernels, values));
            AddBasis(writer, SparseNames.InputBasis(Kind(first)), first.Basis.Input.Rows, values => first.Basis.ReadInput(model.Kernels, values));
        }

        return changes;
    }

    /// <summary>MeProp's: what differs from the base.</summary>
    public static IReadOnlyList<WeightChange> Add(SafetensorsWriter writer, TrainableModel model, IWeightSource baseWeights)
    {
        var changes = new List<WeightChange>();
        foreach (Parameter weight in model.DenseMlpLayers.SelectMany(layers => layers).Select(layer => layer.Weight))
        {
            using var before = new HostBuffer<float>(weight.Value.Length);
            using var after = new HostBuffer<float>(weight.Value.Length);
            baseWeights.Read(weight.Name, before.Span);
            model.Kernels.Download(weight.Value, after.Span);
            (long[] indices, float[] values) = Difference(before.Span, after.Span);
            Add(writer, weight.Name, indices, values);
            changes.Add(new SparseChange(weight.Name, weight.Value.Rows, weight.Value.Columns, indices.Length));
        }

        return changes;
    }

    private static (long[] Indices, float[] Values) Difference(ReadOnlySpan<float> before, ReadOnlySpan<float> after)
    {
        int count = 0;
        for (int i = 0; i < after.Length; i++)
            count += after[i] != before[i] ? 1 : 0;
        (long[] indices, float[] values) = (new long[count], new float[count]);
        for (int i = 0, next = 0; i < after.Length; i++)
        {
            if (after[i] != before[i])
                (indices[next], values[next++]) = (i, after[i] - before[i]);
        }

        return (indices, values);
    }

    private static void Add(SafetensorsWriter writer, string weight, long[] indices, float[] values)
    {
        writer.AddInt64(SparseNames.Indices(weight), SafetensorsType.I64, [indices.Length], indices.CopyTo);
        writer.AddFloats(SparseNames.Values(weight), SafetensorsType.F32, [values.Length], values.CopyTo);
    }

    private static void AddBasis(SafetensorsWriter writer, string name, int side, TensorFiller<float> read) =>
        writer.AddFloats(name, SafetensorsType.F32, [side, side], read);

    /// <summary>The kind of layer a weight belongs to, as its name says it.</summary>
    private static string Kind(SparseGradWeight weight)
    {
        string[] parts = weight.Name.Split('.');
        return parts[^2] == "dense" ? $"{parts[^3]}.dense" : parts[^2];
    }
}
