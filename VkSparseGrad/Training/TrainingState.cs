using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Optimizers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Training;

/// <summary>One tensor of a run's state.</summary>
/// <param name="Name">Unique in the state.</param>
/// <param name="Tensor">The live tensor, which stays the run's. Valid until the next step only, which changes it and may put
/// another in its place.</param>
/// <param name="IsOptimizer">Whether it is the optimizers' and not needed to compute with the model.</param>
public sealed record StateTensor(string Name, Tensor Tensor, bool IsOptimizer);

/// <summary>Lists the tensors of a run's state, and fills them.</summary>
internal static class TrainingState
{
    public static IEnumerable<StateTensor> Of(SparseGradPreparation preparation)
    {
        for (int kind = 0; kind < preparation.Sums.Count; kind++)
        {
            (Tensor output, Tensor input) = preparation.Sums[kind];
            yield return new($"gram/{kind}/output", output, true);
            yield return new($"gram/{kind}/input", input, true);
        }
    }

    /// <summary>What is needed to compute with the model: everything trained, and the bases.</summary>
    public static IEnumerable<StateTensor> Of(TrainableModel model)
    {
        for (int kind = 0; kind < model.Bases.Count; kind++)
        {
            yield return new(OutputBasis(kind), model.Bases[kind].Output, false);
            yield return new(InputBasis(kind), model.Bases[kind].Input, false);
        }

        foreach (Parameter parameter in model.Parameters.Where(parameter => parameter.IsTrainable))
        {
            yield return new($"weight/{parameter.Name}", parameter.Value, false);
        }

        foreach (SparseGradWeight weight in model.SparseGradLayers.Select(layer => layer.Weight))
        {
            yield return new(weight.IsRotated ? HalfRotated(weight.Name) : $"weight/{weight.Name}", weight.Value, false);
            yield return new($"marks/{weight.Name}", weight.Marks, false);
        }
    }

    /// <summary>What only the optimizers need.</summary>
    public static IEnumerable<StateTensor> Of(TrainableModel model, TrainedWeights weights, Optimizer optimizer)
    {
        foreach (SparseGradWeight weight in model.SparseGradLayers.Select(layer => layer.Weight))
        {
            yield return new($"energy/{weight.Name}", weight.Selector.Energy, true);
            if (weight.Selector.Coordinates is Tensor coordinates)
            {
                yield return new($"coordinates/{weight.Name}", coordinates, true);
            }

            if (weight.Selector.Support is Tensor support)
            {
                yield return new($"support/{weight.Name}", support, true);
            }
        }

        IEnumerable<(string Name, Tensor Moment1, Tensor Moment2)> moments =
            optimizer.Moments.Concat(weights.Sparse.Select(weight => (weight.Name, weight.Moment1, weight.Moment2)));
        foreach ((string name, Tensor moment1, Tensor moment2) in moments)
        {
            yield return new($"moment1/{name}", moment1, true);
            yield return new($"moment2/{name}", moment2, true);
        }
    }

    /// <summary>Reads both bases of every kind and drops them: where one cannot be read, nothing has been given up yet. The device has
    /// no room for bases beside the sums that they take the place of.</summary>
    public static void CheckBases(TrainableModel model, TrainingOptions options, IStateSource source)
    {
        for (int kind = 0; kind < model.MlpKinds.Count; kind++)
        {
            (int outputs, int inputs) = model.DenseMlpLayers[kind][0].Weight.Shape;
            bool keepsHalves = KeepsHalves(model, kind, options);
            Check(OutputBasis(kind), outputs, keepsHalves && inputs <= outputs);
            Check(InputBasis(kind), inputs, keepsHalves && inputs > outputs);
        }

        void Check(string name, long side, bool isHalves)
        {
            if (isHalves)
            {
                using var words = new HostBuffer<uint>(side * side / 2);
                source.Read(name, words.Span);
            }
            else
            {
                using var values = new HostBuffer<float>(side * side);
                source.Read(name, values.Span);
            }
        }
    }

    /// <summary>Rotates a model as a state has its weights. Their values and the bases' are still to be filled.</summary>
    public static void Rotate(TrainableModel model, TrainingOptions options, IStateSource source)
    {
        for (int kind = 0; kind < model.MlpKinds.Count; kind++)
        {
            (int outputs, int inputs) = model.DenseMlpLayers[kind][0].Weight.Shape;
            model.ReplaceMlpLayers(
                kind, SparseGradBasis.Undefined(model.Kernels, outputs, inputs, KeepsHalves(model, kind, options)), options.Kept,
                options.Selection, (weight, _) => source.Contains(HalfRotated(weight.Name)));
        }
    }

    public static void Fill(IKernels kernels, StateTensor entry, IStateSource source)
    {
        if (entry.Tensor.Type == DType.Float32)
        {
            using var values = new HostBuffer<float>(entry.Tensor.Length);
            source.Read(entry.Name, values.Span);
            kernels.Upload(values.Span, entry.Tensor);
        }
        else
        {
            using var values = new HostBuffer<uint>(entry.Tensor.Length);
            source.Read(entry.Name, values.Span);
            kernels.Upload(values.Span, entry.Tensor);
        }
    }

    private static string HalfRotated(string weight) => $"half_rotated/{weight}";

    private static string OutputBasis(int kind) => $"basis/{kind}/output";

    private static string InputBasis(int kind) => $"basis/{kind}/input";

    private static bool KeepsHalves(TrainableModel model, int kind, TrainingOptions options)
    {
        Parameter first = model.DenseMlpLayers[kind][0].Weight;
        return SparseGradBasis.HalvesSuffice(options.Selection, first.Shape, options.Kept(first));
    }
}
