using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models;

/// <summary>Makes a model's parameters from a weight source and keeps them in order.</summary>
internal sealed class ParameterSet(IKernels kernels, IWeightSource source, ulong seed) : IDisposable
{
    private readonly List<Parameter> all = [];
    private float[] buffer = [];

    public IReadOnlyList<Parameter> All => all;

    /// <summary>A matrix.</summary>
    /// <param name="name">The canonical name.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="mayBeNew">Whether it is made anew where the source lacks it: a head, not the trunk.</param>
    public Parameter Matrix(string name, int rows, int columns, bool mayBeNew = false) =>
        Load(name, new Shape(rows, columns), isVector: false, mayBeNew);

    /// <summary>A bias or a norm's gain; a new one is zero.</summary>
    public Parameter Vector(string name, int length, bool mayBeNew = false) =>
        Load(name, Shape.Vector(length), isVector: true, mayBeNew);

    public Linear Linear(string name, int outputs, int inputs, bool mayBeNew = false, bool hasBias = true) => new(
        Matrix($"{name}.weight", outputs, inputs, mayBeNew), hasBias ? Vector($"{name}.bias", outputs, mayBeNew) : null);

    /// <summary>Frees what was made, for a model that could not be made whole.</summary>
    public void Dispose() => all.ForEach(parameter => parameter.Dispose());

    private Parameter Load(string name, Shape shape, bool isVector, bool mayBeNew)
    {
        int length = checked((int)shape.Length);
        if (buffer.Length < length)
        {
            buffer = new float[length];
        }

        Span<float> values = buffer.AsSpan(0, length);
        if (source.Contains(name))
        {
            CheckShape(name, shape, isVector);
            source.Read(name, values);
        }
        else if (!mayBeNew)
        {
            throw new ArgumentException($"The weight source lacks {name}, without which the model cannot work.");
        }
        else if (isVector)
        {
            values.Clear();
        }
        else
        {
            WeightInitializer.FillNormal(name, seed, values);
        }

        var parameter = new Parameter(name, kernels.FromArray(shape, values, MemoryCategory.Weights), isVector);
        all.Add(parameter);
        return parameter;
    }

    private void CheckShape(string name, Shape shape, bool isVector)
    {
        IReadOnlyList<long> found = source.ShapeOf(name);
        bool equal = isVector
            ? found.Count == 1 && found[0] == shape.Columns
            : found.Count == 2 && found[0] == shape.Rows && found[1] == shape.Columns;
        if (!equal)
        {
            string wanted = isVector ? $"[{shape.Columns}]" : shape.ToString();
            throw new ArgumentException($"Weight {name} has shape [{string.Join(", ", found)}], expected {wanted}.");
        }
    }
}
