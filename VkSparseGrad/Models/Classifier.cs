using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models;

/// <summary>A model that gives each sequence the logits of its classes, or the value of a regression.</summary>
public abstract class Classifier : TrainableModel
{
    private protected Classifier(IKernels kernels)
        : base(kernels)
    {
    }

    /// <summary>Outputs of the head; 1 means regression.</summary>
    public abstract int Labels { get; }

    /// <summary>Computes the logits of sequences, which are packed without padding.</summary>
    /// <param name="tape">Records it.</param>
    /// <param name="examples">At least one sequence, none empty.</param>
    /// <param name="scope">Gets what must outlive the tape's work.</param>
    /// <returns>[B, labels], on the tape.</returns>
    /// <exception cref="ArgumentException">An id or a length is out of the model's range.</exception>
    internal abstract Variable Logits(Tape tape, IReadOnlyList<TokenizedExample> examples, DisposeScope scope);
}
