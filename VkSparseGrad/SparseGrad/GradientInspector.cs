using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.SparseGrad;

/// <summary>Shows the gradients of the MLP weights before and after SparseGrad's rotation. Nothing is trained.</summary>
/// <remarks>
/// First <see cref="Watch"/> some batches, then <see cref="FindBases"/>, then <see cref="Inspect"/> others. Dropout is on, as in
/// training. The model must not be trained meanwhile; it keeps its weights, and has all but the MLP weights frozen afterwards.
/// </remarks>
public sealed class GradientInspector : IDisposable
{
    private readonly Classifier model;
    private readonly IKernels kernels;
    private readonly ulong seed;
    private readonly SparseGradPreparation preparation;
    private IReadOnlyList<SparseGradBasis> bases = [];
    private uint step = uint.MaxValue;

    /// <summary>Starts watching.</summary>
    /// <param name="model">Stays the caller's.</param>
    /// <param name="seed">For dropout.</param>
    /// <exception cref="InvalidOperationException">An earlier run has rotated or extended the model's layers.</exception>
    public GradientInspector(Classifier model, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.model = model;
        this.seed = seed;
        kernels = model.Kernels;
        preparation = new SparseGradPreparation(model);
    }

    /// <summary>Takes a batch into the bases.</summary>
    /// <param name="batch">Labelled examples.</param>
    /// <exception cref="InvalidOperationException">The bases were found before.</exception>
    public void Watch(IReadOnlyList<TokenizedExample> batch)
    {
        preparation.BeginStep(1);
        RunBackward(batch);
    }

    /// <summary>Computes the bases of the gradients watched.</summary>
    /// <param name="cancellation">Stops the computation.</param>
    /// <exception cref="TrainingException">A gradient was not finite.</exception>
    /// <exception cref="InvalidOperationException">The bases were found before.</exception>
    public void FindBases(CancellationToken cancellation = default) => bases = preparation.FindBases(cancellation);

    /// <summary>Computes the gradients of a batch in every space.</summary>
    /// <param name="batch">Labelled examples.</param>
    /// <param name="take">Takes each MLP weight's gradient, in the order of the backward pass.</param>
    /// <exception cref="InvalidOperationException">There are no bases yet.</exception>
    /// <exception cref="TrainingException">A gradient is not finite, or zero throughout.</exception>
    public void Inspect(IReadOnlyList<TokenizedExample> batch, Action<InspectedGradient> take)
    {
        ArgumentNullException.ThrowIfNull(take);
        if (bases.Count == 0)
        {
            throw new InvalidOperationException("Find the bases first.");
        }

        Linear[][] layers = [.. model.DenseMlpLayers.Select(kind => kind.ToArray())];
        try
        {
            for (int kind = 0; kind < layers.Length; kind++)
            {
                for (int layer = 0; layer < layers[kind].Length; layer++)
                {
                    (int ofKind, int ofLayer) = (kind, layer);
                    Parameter weight = layers[kind][layer].Weight;
                    weight.GradientObserver = gradient => take(new InspectedGradient(
                        ofKind, ofLayer, weight.Name, gradient.Shape, InEverySpace(weight.Name, gradient, bases[ofKind])));
                }
            }

            RunBackward(batch);
        }
        finally
        {
            foreach (Linear layer in layers.SelectMany(kind => kind))
            {
                layer.Weight.GradientObserver = null;
            }
        }
    }

    /// <summary>Frees the bases. The model stays.</summary>
    public void Dispose()
    {
        preparation.Dispose();
        foreach (SparseGradBasis basis in bases)
        {
            basis.Dispose();
        }
    }

    private Dictionary<GradientSpace, float[]> InEverySpace(string name, Tensor gradient, SparseGradBasis basis)
    {
        float[] original = kernels.ToArray(gradient);
        RequireUsable(name, original);
        using Tensor halfRotated = kernels.Allocate(gradient.Shape, MemoryCategory.Scratch);
        using Tensor rotated = kernels.Allocate(gradient.Shape, MemoryCategory.Scratch);
        kernels.Matmul(basis.Output, false, gradient, false, null, halfRotated);
        kernels.Matmul(halfRotated, false, basis.Input, true, null, rotated);
        float[] inOurs = kernels.ToArray(rotated);
        kernels.Matmul(halfRotated, false, basis.Input, false, null, rotated);
        return new Dictionary<GradientSpace, float[]>
        {
            [GradientSpace.Original] = original,
            [GradientSpace.AsPublished] = kernels.ToArray(rotated),
            [GradientSpace.Rotated] = inOurs,
        };
    }

    private static void RequireUsable(string name, ReadOnlySpan<float> gradient)
    {
        bool isZero = true;
        foreach (float entry in gradient)
        {
            if (!float.IsFinite(entry))
            {
                throw new TrainingException($"The gradient of {name} is not finite. Look at the data and the model's weights.");
            }

            isZero &= entry == 0;
        }

        if (isZero)
        {
            throw new TrainingException($"The gradient of {name} is zero, so there is nothing to see. Look at the model's weights.");
        }
    }

    private void RunBackward(IReadOnlyList<TokenizedExample> examples)
    {
        using var scope = DisposeScope.Open();
        using Tape tape = Tape.ForTraining(kernels, seed, step--);
        int[] all = [.. Enumerable.Range(0, examples.Count)];
        new ClassifierObjective(model, examples).Loss(tape, all, all.Length, scope);
        tape.Backward();
    }
}
