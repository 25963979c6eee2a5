using System.Numerics;
using System.Runtime.InteropServices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models;

/// <summary>Makes a model's parameters from a weight source and keeps them in order.</summary>
/// <param name="kernels">Where they shall live.</param>
/// <param name="source">Their values.</param>
/// <param name="seed">For what is made anew.</param>
/// <param name="staysHalf">Whether a matrix of this name, if it has 16-bit elements, is kept so; null for none.</param>
internal sealed class ParameterSet(IKernels kernels, IWeightSource source, ulong seed, Func<string, bool>? staysHalf = null) : IDisposable
{
    private readonly List<Parameter> all = [];

    // Used again for each weight. One of its own for each would leave holes between the weights of a software driver, whose memory
    // comes from the same heap.
    private HostBuffer<float> buffer = new(0);
    private HostBuffer<uint> words = new(0);
    private bool isKept;

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

    /// <summary>The model is whole, and its parameters are its own.</summary>
    public void Keep()
    {
        Parameter[] vectors = [.. all.Where(parameter => parameter.IsVector)];
        if (vectors.Length > 0)
        {
            VectorArena.Gather(kernels, vectors);
        }

        isKept = true;
    }

    /// <summary>Ends the loading. What was made is freed where the model could not be made whole.</summary>
    public void Dispose()
    {
        buffer.Dispose();
        words.Dispose();
        if (!isKept)
        {
            all.ForEach(parameter => parameter.Dispose());
        }
    }

    private Parameter Load(string name, Shape shape, bool isVector, bool mayBeNew)
    {
        if (!isVector && shape.Columns % 2 == 0 && source.Contains(name) && source.FormatOf(name) != WeightFormat.Float32 &&
            staysHalf?.Invoke(name) == true)
        {
            return LoadHalves(name, shape);
        }

        if (source is UnreadWeights)
        {
            return Keep(new Parameter(name, kernels.Allocate(shape, MemoryCategory.Weights), isVector));
        }

        Span<float> values = Take(ref buffer, shape.Length);
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

        return Keep(new Parameter(name, kernels.FromArray(shape, values, MemoryCategory.Weights), isVector));
    }

    private Parameter Keep(Parameter parameter)
    {
        all.Add(parameter);
        return parameter;
    }

    private Parameter LoadHalves(string name, Shape shape)
    {
        using var scope = DisposeScope.Open();
        Tensor tensor = scope.Add(kernels.Allocate(new Shape(shape.Rows, shape.Columns / 2), DType.UInt32, MemoryCategory.Weights));
        if (source is not UnreadWeights)
        {
            CheckShape(name, shape, isVector: false);
            UploadHalves(name, tensor);
        }

        scope.Keep();
        return Keep(new Parameter(
            name, tensor, source.FormatOf(name) == WeightFormat.BFloat16 ? HalfFormat.BFloat16 : HalfFormat.Float16));
    }

    private void UploadHalves(string name, Tensor tensor)
    {
        Span<uint> values = Take(ref words, tensor.Length);
        Span<ushort> halves = MemoryMarshal.Cast<uint, ushort>(values);
        source.ReadHalves(name, halves);
        if (!BitConverter.IsLittleEndian)
        {
            // The first of two values belongs into the low half of their word.
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = BitOperations.RotateLeft(values[i], 16);
            }
        }

        kernels.Upload(values, tensor);
    }

    /// <summary>The first elements of a buffer, or of a larger one in its place.</summary>
    private static Span<T> Take<T>(ref HostBuffer<T> buffer, long length)
        where T : unmanaged
    {
        if (buffer.Length < length)
        {
            buffer.Dispose();
            buffer = new HostBuffer<T>(length);
        }

        return buffer.Span[..(int)length];
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
