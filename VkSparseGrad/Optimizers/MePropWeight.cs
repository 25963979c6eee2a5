using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Optimizers;

/// <summary>A dense weight of which each step updates the entries with the largest gradient. Sun et al., arXiv:1706.06197, as the
/// SparseGrad paper uses it: SparseGrad without a rotation.</summary>
public sealed class MePropWeight : ISparseWeight
{
    private readonly IKernels kernels;
    private readonly Parameter parameter;
    private readonly GradientWindow window;

    /// <summary>Takes over the gradient of a parameter, which becomes trainable. The parameter stays the caller's.</summary>
    /// <param name="kernels">Where the parameter lives.</param>
    /// <param name="parameter">The dense weight.</param>
    /// <param name="kept">How many entries a step updates, 1 to all.</param>
    public MePropWeight(IKernels kernels, Parameter parameter, int kept)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentOutOfRangeException.ThrowIfLessThan(kept, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(kept, parameter.Value.Length);
        this.kernels = kernels;
        this.parameter = parameter;
        Kept = kept;
        window = new GradientWindow(kernels, Select);
        using var scope = DisposeScope.Open();
        Moment1 = scope.Add(kernels.Zeros(parameter.Value.Shape, MemoryCategory.Optimizer));
        Moment2 = scope.Add(kernels.Zeros(parameter.Value.Shape, MemoryCategory.Optimizer));
        scope.Keep();
        parameter.IsTrainable = true;
        parameter.GradientObserver = window.Add;
    }

    /// <inheritdoc/>
    public string Name => parameter.Name;

    /// <inheritdoc/>
    public int Kept { get; }

    /// <inheritdoc/>
    public bool IsTrainable => parameter.IsTrainable;

    /// <inheritdoc/>
    public SparseGradient? Gradient { get; private set; }

    /// <inheritdoc/>
    public Tensor Moment1 { get; }

    /// <inheritdoc/>
    public Tensor Moment2 { get; }

    /// <inheritdoc/>
    public void BeginStep(int step, int batches) => window.Begin(batches);

    /// <inheritdoc/>
    public void MoveMoments()
    {
        // Every entry has its own.
    }

    /// <inheritdoc/>
    public void EnsureMemory()
    {
        // Nothing is taken.
    }

    /// <inheritdoc/>
    public void Apply(Tensor delta) => kernels.AddEntries(Gradient!.Value.Indices, delta, parameter.Value);

    /// <inheritdoc/>
    public void ClearGradient()
    {
        window.Clear();
        Gradient?.Dispose();
        Gradient = null;
    }

    /// <summary>Frees the moments and gives the gradient back to the parameter.</summary>
    public void Dispose()
    {
        parameter.StopObserving(window.Add);
        ClearGradient();
        Moment1.Dispose();
        Moment2.Dispose();
    }

    private void Select(Tensor gradient)
    {
        Gradient?.Dispose();
        Gradient = null;
        Gradient = kernels.Largest(gradient, Kept);
    }
}
