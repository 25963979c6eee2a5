using System.Buffers;
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
    private readonly List<TokenizedExample> chosen = [];

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

    public Tensor Loss(Tape tape, ReadOnlySpan<int> examples, int items, DisposeScope scope)
    {
        chosen.Clear();
        foreach (int example in examples)
        {
            chosen.Add(this.examples[example]);
        }

        Variable logits = model.Logits(tape, chosen, scope);
        bool isRegression = model.Labels == 1;
        using Tensor expected = isRegression ? Targets() : Classes();
        return isRegression ? tape.MeanSquaredError(logits, expected, items) : tape.CrossEntropy(logits, expected, items);
    }

    private Tensor Targets()
    {
        float[] targets = ArrayPool<float>.Shared.Rent(chosen.Count);
        for (int i = 0; i < chosen.Count; i++)
        {
            targets[i] = chosen[i].Label!.Value;
        }

        Tensor uploaded = model.Kernels.RentFrom(new Shape(chosen.Count, 1), targets.AsSpan(0, chosen.Count));
        ArrayPool<float>.Shared.Return(targets);
        return uploaded;
    }

    private Tensor Classes()
    {
        uint[] classes = ArrayPool<uint>.Shared.Rent(chosen.Count);
        for (int i = 0; i < chosen.Count; i++)
        {
            classes[i] = (uint)chosen[i].Label!.Value;
        }

        Tensor uploaded = model.Kernels.RentFrom(classes.AsSpan(0, chosen.Count));
        ArrayPool<uint>.Shared.Return(classes);
        return uploaded;
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
