namespace VkSparseGrad.Tensors;

/// <summary>What a piece of device memory is used for; peaks are reported by category.</summary>
public enum MemoryCategory
{
    /// <summary>Model weights, trained or frozen.</summary>
    Weights,

    /// <summary>Gradients of weights, dense or sparse.</summary>
    Gradients,

    /// <summary>Moments of the optimizers.</summary>
    Optimizer,

    /// <summary>Values kept from the forward pass for the backward pass, and their gradients.</summary>
    Activations,

    /// <summary>SparseGrad's orthogonal bases, and the Gram matrices they come from.</summary>
    Basis,

    /// <summary>Batches, staging buffers and temporaries of a single kernel.</summary>
    Scratch,
}
