using VkSparseGrad.Autograd;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Training;

/// <summary>What a run minimizes: a model's loss over examples, which is a mean over the items they have.</summary>
internal interface IObjective
{
    TrainableModel Model { get; }

    /// <summary>Number of examples.</summary>
    int Examples { get; }

    /// <summary>Items of an example, at least 1: one for a classifier's label, one for each token a language model predicts.</summary>
    int Items(int example);

    /// <summary>Tokens of an example.</summary>
    int Tokens(int example);

    /// <summary>Records the share of some examples in a step's mean loss.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="examples">Their numbers.</param>
    /// <param name="items">Items of the whole step.</param>
    /// <param name="scope">Gets what must outlive the tape's work.</param>
    /// <returns>[1, 1], which belongs to the tape.</returns>
    Tensor Loss(Tape tape, ReadOnlySpan<int> examples, int items, DisposeScope scope);
}
