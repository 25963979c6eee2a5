using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Models;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Training;

/// <summary>The cross-entropy of a classifier, or the squared error of a regression where the model has one output.</summary>
internal sealed class ClassifierObjective : IObjective
{
    private readonly Classifier model;
    private readonly IReadOnlyList<TokenizedExample> examples;
    private readonly int[] tokens;

    /// <exception cref="ArgumentException">A label is out of its range.</exception>
    public ClassifierObjective(Classifier model, IReadOnlyList<TokenizedExample> examples)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(examples);
        CheckLabels(examples, model.Labels);
        this.model = model;
        this.examples = examples;
        tokens = [.. examples.Select(example => example.Ids.Length)];
    }

    public TrainableModel Model => model;

    public int Examples => examples.Count;

    public int Items(int example) => 1;

    public int Tokens(int example) => tokens[example];

    public Tensor Loss(Tape tape, IReadOnlyList<int> examples, int items, DisposeScope scope)
    {
        TokenizedExample[] chosen = [.. examples.Select(example => this.examples[example])];
        Variable logits = model.Logits(tape, chosen, scope);
        float[] labels = [.. chosen.Select(example => example.Label!.Value)];
        bool isRegression = model.Labels == 1;
        using Tensor expected = isRegression
            ? model.Kernels.FromArray(new Shape(labels.Length, 1), labels)
            : model.Kernels.FromArray(Array.ConvertAll(labels, label => (uint)label));
        return isRegression ? tape.MeanSquaredError(logits, expected, items) : tape.CrossEntropy(logits, expected, items);
    }

    private static void CheckLabels(IReadOnlyList<TokenizedExample> examples, int labels)
    {
        for (int i = 0; i < examples.Count; i++)
        {
            bool valid = examples[i].Label is float label &&
                (labels == 1 ? float.IsFinite(label) : label >= 0 && label < labels && label == MathF.Floor(label));
            if (!valid)
            {
                string range = labels == 1 ? "a finite number" : $"a class from 0 to {labels - 1}";
                string found = examples[i].Label is float value ? FormattableString.Invariant($"the label {value}") : "no label";
                throw new ArgumentException($"Example {i} has {found}; training needs {range}.");
            }
        }
    }
}
