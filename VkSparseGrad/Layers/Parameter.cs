using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Layers;

/// <summary>A named weight with, while a step is under way, its gradient.</summary>
public sealed class Parameter : IDisposable
{
    /// <summary>Takes over a tensor.</summary>
    /// <param name="name">The canonical Hugging Face name.</param>
    /// <param name="value">The weight.</param>
    /// <param name="isVector">Whether it is one-dimensional in the checkpoint: a bias or a norm's gain.</param>
    public Parameter(string name, Tensor value, bool isVector)
    {
        ArgumentNullException.ThrowIfNull(value);
        Name = name;
        Value = value;
        IsVector = isVector;
    }

    /// <summary>The canonical Hugging Face name.</summary>
    public string Name { get; }

    /// <summary>The weight.</summary>
    public Tensor Value { get; }

    /// <summary>Whether it is one-dimensional. Vectors take no weight decay.</summary>
    public bool IsVector { get; }

    /// <summary>Whether it is trained. A frozen parameter has no gradient, and none is computed.</summary>
    public bool IsTrainable { get; set; }

    /// <summary>The gradient of the step under way, or null.</summary>
    public Tensor? Gradient { get; private set; }

    /// <summary>Where set, takes each gradient as it is computed, in place of keeping it. The tensor is gone afterwards.</summary>
    internal Action<Tensor>? GradientObserver { get; set; }

    /// <summary>Ends the observing of whoever set this observer; another's stays.</summary>
    internal void StopObserving(Action<Tensor> observer)
    {
        if (GradientObserver == observer)
        {
            GradientObserver = null;
        }
    }

    /// <summary>Forgets the gradient.</summary>
    public void ClearGradient()
    {
        Gradient?.Dispose();
        Gradient = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ClearGradient();
        Value.Dispose();
    }

    /// <summary>Adds a contribution to the gradient.</summary>
    /// <param name="kernels">Where the parameter lives.</param>
    /// <param name="write">Computes the contribution into a tensor, adding to it where the second argument says so.</param>
    internal void AccumulateGradient(IKernels kernels, Action<Tensor, bool> write)
    {
        if (GradientObserver is not null)
        {
            using Tensor passing = kernels.Allocate(Value.Shape, MemoryCategory.Gradients);
            write(passing, false);
            GradientObserver(passing);
            return;
        }

        bool accumulate = Gradient is not null;
        Gradient ??= kernels.Allocate(Value.Shape, MemoryCategory.Gradients);
        write(Gradient, accumulate);
    }
}
