using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Optimizers;

/// <summary>One update of everything trained: AdamW for dense parameters, SparseAdam for sparsely updated weights, under one
/// gradient norm.</summary>
/// <remarks>The whole update is decided on the device: where the loss or the norm is not finite, nothing changes.</remarks>
public sealed class Optimizer : IDisposable
{
    private readonly IKernels kernels;
    private readonly OptimizerOptions options;
    private readonly Parameter[] parameters;
    private readonly DenseGroup[] dense;
    private readonly ISparseWeight[] sparse;

    /// <summary>The gradients of the groups, and the steps of the sparse weights, while an update is under way.</summary>
    private readonly Tensor?[] gradients;
    private readonly Tensor?[] deltas;
    private readonly Tensor partials;

    /// <summary>Makes moments of zero for the dense parameters.</summary>
    /// <param name="kernels">Where the parameters live.</param>
    /// <param name="parameters">Dense parameters; frozen ones are left out.</param>
    /// <param name="sparse">Sparsely updated weights, which have their own moments; frozen ones are left out.</param>
    /// <param name="options">The constants.</param>
    public Optimizer(
        IKernels kernels, IEnumerable<Parameter> parameters, IEnumerable<ISparseWeight> sparse, OptimizerOptions options)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        this.kernels = kernels;
        this.options = options;
        using var scope = DisposeScope.Open();
        this.parameters = [.. parameters.Where(parameter => parameter.IsTrainable)];
        dense = [.. DenseGroup.Of(kernels, this.parameters).Select(scope.Add)];
        this.sparse = [.. sparse.Where(weight => weight.IsTrainable)];
        gradients = new Tensor?[dense.Length];
        deltas = new Tensor?[this.sparse.Length];
        int slots = Math.Max(1, dense.Length + this.sparse.Length);
        partials = kernels.Zeros(Shape.Vector(slots * IKernels.NormPartials), MemoryCategory.Scratch);
        scope.Keep();
    }

    /// <summary>Number of values an update changes.</summary>
    public long TrainedValues =>
        parameters.Sum(parameter => parameter.Value.Length) + sparse.Sum(weight => (long)weight.Kept);

    /// <summary>AdamW's moments, by the name of the parameter.</summary>
    internal IEnumerable<(string Name, Tensor Moment1, Tensor Moment2)> Moments =>
        dense.SelectMany(group => group.Moments);

    /// <summary>Updates once and forgets the gradients.</summary>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="step">The number of this update, counted from 1.</param>
    /// <param name="loss">[1, 1]: the loss the gradients are of.</param>
    /// <param name="clip">[1, 2]: gets the clip factor (NaN where the update was refused) and the gradient norm.</param>
    public void Step(double learningRate, int step, Tensor loss, Tensor clip)
    {
        var adam = new AdamParameters(learningRate, options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay, step);
        int slot = 0;

        // What the loss does not depend on has no gradient, and its norm is 0.
        kernels.Fill(partials, 0);
        for (int i = 0; i < dense.Length; i++)
        {
            gradients[i] = dense[i].Gradient();
        }

        foreach (Tensor? gradient in gradients)
        {
            WriteNorm(gradient, slot++);
        }

        foreach (ISparseWeight weight in sparse)
        {
            WriteNorm(weight.Gradient?.Values, slot++);
        }

        // What is large is allocated before anything is updated, so that no update is left half done for want of memory.
        using var scope = DisposeScope.Open();
        for (int i = 0; i < sparse.Length; i++)
        {
            deltas[i] = sparse[i].Gradient is SparseGradient gradient
                ? scope.Add(kernels.Rent(gradient.Values.Shape, MemoryCategory.Scratch))
                : null;
        }

        foreach (ISparseWeight weight in sparse)
        {
            weight.MoveMoments();
        }

        // What this gives back is there for the updates, which allocate nothing else.
        foreach (ISparseWeight weight in sparse)
        {
            weight.EnsureMemory();
        }

        kernels.ClipFactor(partials, loss, (float)options.MaxGradientNorm, clip);
        for (int i = 0; i < dense.Length; i++)
        {
            if (gradients[i] is Tensor gradient)
            {
                dense[i].Update(gradient, clip, adam);
            }
        }

        // All of these come before the weights, as they need not wait for one another.
        for (int i = 0; i < sparse.Length; i++)
        {
            ISparseWeight weight = sparse[i];
            if (weight.Gradient is SparseGradient gradient)
            {
                kernels.SparseAdam(gradient.Indices, gradient.Values, weight.Moment1, weight.Moment2, clip, adam, deltas[i]!);
            }
        }

        for (int i = 0; i < sparse.Length; i++)
        {
            if (deltas[i] is Tensor delta)
            {
                sparse[i].Apply(delta);
                sparse[i].ClearGradient();
            }
        }
    }

    /// <summary>The first trained tensor whose gradient was not finite in the last step, or null. Waits for the device.</summary>
    public string? FirstBadGradient()
    {
        float[] sums = kernels.ToArray(partials);
        HashSet<Parameter> bad = [.. dense.Where((_, slot) => IsBad(slot)).SelectMany(group => group.Bad())];
        return parameters.FirstOrDefault(bad.Contains)?.Name ?? sparse.Where((_, i) => IsBad(dense.Length + i)).FirstOrDefault()?.Name;

        bool IsBad(int slot) => sums.AsSpan(slot * IKernels.NormPartials, IKernels.NormPartials).ContainsAnyNonFinite();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        partials.Dispose();
        foreach (DenseGroup group in dense)
        {
            group.Dispose();
        }
    }

    private void WriteNorm(Tensor? gradient, int slot)
    {
        if (gradient is not null)
        {
            kernels.SquaredNorm(gradient, partials, slot);
        }
    }
}
