using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Training;

/// <summary>The loss of a classifier, or of a regression where the model has one output.</summary>
internal static class ClassifierLoss
{
    /// <summary>Records the share of some examples in a step's mean loss.</summary>
    /// <param name="tape">Where it is recorded.</param>
    /// <param name="model">The model.</param>
    /// <param name="logits">[B, labels], of the examples.</param>
    /// <param name="examples">B of them, labelled.</param>
    /// <param name="count">Examples of the whole step.</param>
    /// <returns>[1, 1], which belongs to the tape.</returns>
    public static Tensor Of(Tape tape, BertClassifier model, Variable logits, IReadOnlyList<TokenizedExample> examples, int count)
    {
        IKernels kernels = model.Kernels;
        float[] labels = [.. examples.Select(example => example.Label!.Value)];
        bool isRegression = model.Config.Labels == 1;
        using Tensor expected = isRegression
            ? kernels.FromArray(new Shape(labels.Length, 1), labels)
            : kernels.FromArray(Array.ConvertAll(labels, label => (uint)label));
        return isRegression ? tape.MeanSquaredError(logits, expected, count) : tape.CrossEntropy(logits, expected, count);
    }
}
