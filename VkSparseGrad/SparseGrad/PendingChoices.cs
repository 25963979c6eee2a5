using System.Runtime.InteropServices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Optimizers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>Weights whose coefficients of a step are known and whose largest ones are still to be chosen. They are chosen together: a
/// choice is nine short kernels, each of which waits for the one before, and a GPU has room for many at a time.</summary>
/// <param name="kernels">Where they live.</param>
/// <param name="limit">Bytes that those who wait may take together. A weight that takes more waits for no other.</param>
internal sealed class PendingChoices(IKernels kernels, long limit = PendingChoices.Limit)
{
    /// <summary>A few weights of a base model; little beside the activations of a batch whose weights wait.</summary>
    private const long Limit = 16 << 20;

    private readonly List<CoefficientSelector> waiting = [];
    private readonly List<TopKChoice> choices = [];
    private long bytes;

    /// <summary>Takes a weight. Where it and those that wait would take more than the limit, those are chosen for first; where it takes more
    /// alone, it is chosen for at once.</summary>
    public void Add(CoefficientSelector selector)
    {
        if (waiting.Count > 0 && bytes + selector.PendingBytes > limit)
        {
            Choose();
        }

        waiting.Add(selector);
        bytes += selector.PendingBytes;
        if (bytes > limit)
        {
            Choose();
        }
    }

    /// <summary>Chooses for all that wait.</summary>
    public void Choose()
    {
        using var candidates = DisposeScope.Open();
        using var chosen = DisposeScope.Open();
        choices.Clear();
        foreach (CoefficientSelector selector in waiting)
        {
            choices.Add(new TopKChoice(
                selector.Candidates(candidates), chosen.Add(kernels.Rent(Shape.Vector(selector.Kept), DType.UInt32, MemoryCategory.Gradients)),
                chosen.Add(kernels.Rent(Shape.Vector(selector.Kept), MemoryCategory.Gradients))));
        }

        kernels.TopK(CollectionsMarshal.AsSpan(choices));
        chosen.Keep();
        for (int i = 0; i < waiting.Count; i++)
        {
            waiting[i].Finish(new SparseGradient(choices[i].Indices, choices[i].Values));
        }

        waiting.Clear();
        choices.Clear();
        bytes = 0;
    }

    /// <summary>Forgets a weight.</summary>
    public void Remove(CoefficientSelector selector)
    {
        waiting.Remove(selector);
        bytes -= selector.PendingBytes;
    }
}
