using VkSparseGrad.Tensors;

namespace VkSparseGrad.Optimizers;

/// <summary>A weight of which each step updates a few entries, by SparseAdam.</summary>
public interface ISparseWeight : IDisposable
{
    /// <summary>The canonical name of the dense weight.</summary>
    string Name { get; }

    /// <summary>How many entries a step updates.</summary>
    int Kept { get; }

    /// <summary>Whether the weight is trained.</summary>
    bool IsTrainable { get; }

    /// <summary>The kept entries of the gradient of the step under way, or null.</summary>
    SparseGradient? Gradient { get; }

    /// <summary>SparseAdam's first moments, of the entries that can be chosen; from <see cref="MoveMoments"/> to the step's end those of
    /// its gradient.</summary>
    Tensor Moment1 { get; }

    /// <summary>SparseAdam's second moments.</summary>
    Tensor Moment2 { get; }

    /// <summary>Says that a step begins.</summary>
    /// <param name="step">Counted from 0.</param>
    /// <param name="batches">Backward passes whose gradients add up to the step's, at least 1. The last one chooses the
    /// entries.</param>
    void BeginStep(int step, int batches);

    /// <summary>Brings the moments to where the gradient's places say. Comes before every update.</summary>
    void MoveMoments();

    /// <summary>Sees that there is memory for <see cref="Apply"/>, so that no update is left half done for want of it.</summary>
    void EnsureMemory();

    /// <summary>Adds a step to the kept entries of the gradient.</summary>
    /// <param name="delta">[1, kept].</param>
    void Apply(Tensor delta);

    /// <summary>Forgets the gradient.</summary>
    void ClearGradient();
}

/// <summary>The kept entries of a gradient.</summary>
/// <param name="Indices">[1, k]: places in the moments, rising.</param>
/// <param name="Values">[1, k].</param>
public readonly record struct SparseGradient(Tensor Indices, Tensor Values) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Indices.Dispose();
        Values.Dispose();
    }
}
