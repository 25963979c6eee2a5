using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Autograd;

/// <summary>Records the ops of a forward pass and runs their gradient rules backwards.</summary>
/// <remarks>
/// The ops and their rules are in the files Tape.Linears.cs and Tape.Operations.cs. An op behind which nothing is trainable is
/// not recorded. The tape owns every value it made: a value goes when its rule has run, or by <see cref="Release"/> when no rule
/// reads it, or with the tape.
/// </remarks>
public sealed partial class Tape : IDisposable
{
    private readonly IKernels kernels;
    private readonly Stack<Action> rules = new();
    private readonly HashSet<Tensor> owned = [];
    private readonly ulong seed;
    private readonly uint step;

    private Tape(IKernels kernels, bool isTraining, ulong seed, uint step)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        this.kernels = kernels;
        IsTraining = isTraining;
        this.seed = seed;
        this.step = step;
    }

    /// <summary>Whether ops are recorded and dropout is on.</summary>
    public bool IsTraining { get; }

    /// <summary>A tape for a training step.</summary>
    /// <param name="kernels">Where to compute.</param>
    /// <param name="seed">The run's seed, for dropout.</param>
    /// <param name="step">The step, for dropout.</param>
    public static Tape ForTraining(IKernels kernels, ulong seed, uint step) => new(kernels, true, seed, step);

    /// <summary>A tape that records nothing and drops nothing.</summary>
    public static Tape ForEvaluation(IKernels kernels) => new(kernels, false, 0, 0);

    /// <summary>A mask of this step, or none in evaluation.</summary>
    /// <param name="probability">0 to below 1.</param>
    /// <param name="stream">Which dropout of the model this is.</param>
    public Dropout Dropout(float probability, uint stream) =>
        IsTraining && probability > 0 ? new Dropout(probability, seed, step, stream) : Kernels.Dropout.None;

    /// <summary>Says that the forward pass has no more use for a value; it goes at once unless a rule reads it.</summary>
    public void Release(Variable variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        if (!variable.IsSaved)
        {
            Free(variable.Value);
        }
    }

    /// <summary>Runs all rules, last first. The gradients end up in the parameters.</summary>
    public void Backward()
    {
        while (BackwardOnce())
        {
        }
    }

    /// <summary>Runs the last rule that is left.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool BackwardOnce()
    {
        bool found = rules.TryPop(out Action? rule);
        rule?.Invoke();
        return found;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        rules.Clear();
        foreach (Tensor tensor in owned)
        {
            tensor.Dispose();
        }

        owned.Clear();
    }

    private Tensor Allocate(Shape shape, MemoryCategory category = MemoryCategory.Activations)
    {
        Tensor tensor = kernels.Allocate(shape, category);
        owned.Add(tensor);
        return tensor;
    }

    private void Free(Tensor tensor)
    {
        if (owned.Remove(tensor))
        {
            tensor.Dispose();
        }
    }

    /// <summary>Records a rule for an output. The rule gets the output's gradient; output and gradient go afterwards.</summary>
    private void Record(Variable output, Action<Tensor> rule)
    {
        rules.Push(() =>
        {
            // Without a gradient nothing behind the output influenced the loss.
            if (output.Gradient is Tensor gradient)
            {
                rule(gradient);
                if (ReferenceEquals(output.Gradient, gradient))
                {
                    output.Gradient = null;
                    Free(gradient);
                }
            }

            Free(output.Value);
        });
    }

    private static Variable Save(Variable variable)
    {
        variable.IsSaved = true;
        return variable;
    }

    /// <summary>Adds a contribution to the gradient of an input that needs one.</summary>
    private void Contribute(Variable input, Action<Tensor, bool> write)
    {
        bool accumulate = input.Gradient is not null;
        input.Gradient ??= Allocate(input.Value.Shape);
        write(input.Gradient, accumulate);
    }

    /// <summary>Hands the output's gradient on to an input: as its own where it has none yet, else added to it.</summary>
    private void HandOn(Variable output, Variable input)
    {
        Tensor gradient = output.Gradient!;
        if (input.Gradient is null)
        {
            input.Gradient = gradient;
            output.Gradient = null;
        }
        else
        {
            kernels.Add(gradient, input.Gradient);
        }
    }
}
