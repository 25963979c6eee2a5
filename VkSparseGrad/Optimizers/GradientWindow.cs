using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Optimizers;

/// <summary>Adds up the gradients of a step's batches and hands on their sum with the last.</summary>
/// <param name="kernels">Where the gradients live.</param>
/// <param name="complete">Takes the sum, which is gone afterwards.</param>
internal sealed class GradientWindow(IKernels kernels, Action<Tensor> complete)
{
    private int left = 1;
    private Tensor? sum;

    /// <summary>Begins a step of this many batches; without a call each batch is a step.</summary>
    public void Begin(int batches)
    {
        Clear();
        left = batches;
    }

    /// <summary>Takes the gradient of a batch. It stays the caller's.</summary>
    public void Add(Tensor gradient)
    {
        if (--left == 0)
        {
            if (sum is not null)
            {
                kernels.Add(gradient, sum);
            }

            complete(sum ?? gradient);
            Begin(1);
            return;
        }

        if (sum is null)
        {
            sum = kernels.Rent(gradient.Shape, MemoryCategory.Gradients);
            kernels.Copy(gradient, sum);
        }
        else
        {
            kernels.Add(gradient, sum);
        }
    }

    /// <summary>Forgets what was added up.</summary>
    public void Clear()
    {
        sum?.Dispose();
        sum = null;
        left = 1;
    }
}
