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
    private readonly bool recomputes;
    private readonly bool narrows;
    private bool isRecording;

    private Tape(IKernels kernels, bool isTraining, ulong seed, uint step, bool recomputes, bool narrows)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        this.kernels = kernels;
        IsTraining = isTraining;
        this.seed = seed;
        this.step = step;
        this.recomputes = recomputes;
        this.narrows = narrows;
        isRecording = isTraining;
    }

    /// <summary>Whether gradients are wanted and dropout is on.</summary>
    public bool IsTraining { get; }

    /// <summary>A tape for a training step.</summary>
    /// <param name="kernels">Where to compute.</param>
    /// <param name="seed">The run's seed, for dropout.</param>
    /// <param name="step">The step, for dropout.</param>
    /// <param name="recomputes">Whether the values within a <see cref="Stretch"/> are computed again in the backward pass, and not
    /// kept until then.</param>
    /// <param name="narrows">Whether values that gradient rules read are kept in 16 bits from their <see cref="Release"/> on.</param>
    public static Tape ForTraining(IKernels kernels, ulong seed, uint step, bool recomputes = false, bool narrows = false) =>
        new(kernels, true, seed, step, recomputes, narrows);

    /// <summary>A tape that records nothing and drops nothing.</summary>
    public static Tape ForEvaluation(IKernels kernels) => new(kernels, false, 0, 0, false, false);

    /// <summary>A mask of this step, or none in evaluation.</summary>
    /// <param name="probability">0 to below 1.</param>
    /// <param name="stream">Which dropout of the model this is.</param>
    public Dropout Dropout(float probability, uint stream) =>
        IsTraining && probability > 0 ? new Dropout(probability, seed, step, stream) : Kernels.Dropout.None;

    /// <summary>Says that the forward pass has no more use for a value; it goes at once unless a rule reads it, and is kept in 16 bits
    /// then where the tape narrows.</summary>
    public void Release(Variable variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        if (!variable.IsSaved)
        {
            Free(variable.Value);
        }
        else if (narrows && !variable.StaysFloat32 && owned.Contains(variable.Value))
        {
            // Two values a word. Rows of an odd number share one, so that the words are one row.
            (int rows, int columns) = variable.Value.Shape;
            variable.Narrowed = Allocate(
                columns % 2 == 0 ? new Shape(rows, columns / 2) : Shape.Vector(checked((int)((variable.Value.Length + 1) / 2))), DType.UInt32);
            kernels.Narrow(variable.Value, variable.Narrowed);
            Free(variable.Value);
        }
    }

    /// <summary>A stretch of the forward pass, of which a tape that recomputes keeps only the input. Chen et al.,
    /// arXiv:1604.06174.</summary>
    /// <param name="x">The input, released by the stretch.</param>
    /// <param name="compute">Computes the output from x by ops of this tape, and the same each time.</param>
    /// <returns>The output.</returns>
    public Variable Stretch(Variable x, Func<Variable, Variable> compute)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(compute);
        if (!recomputes || !isRecording)
        {
            return compute(x);
        }

        bool wasSaved = x.IsSaved;
        Save(x).StaysFloat32 = true;
        isRecording = false;
        Variable first;
        try
        {
            first = compute(x);
        }
        finally
        {
            isRecording = true;
        }

        if (!first.NeedsGradient)
        {
            x.StaysFloat32 = false;
            x.IsSaved = wasSaved;
            Release(x);
            return first;
        }

        var y = new Variable(first.Value, needsGradient: true);
        Record(y, _ =>
        {
            // Its rules come on top of those that are left, and so are the next to run.
            Variable again = compute(x);
            HandOn(y, again);
        });
        return y;
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

    private Tensor Allocate(Shape shape, DType type = DType.Float32)
    {
        Tensor tensor = kernels.Allocate(shape, type, MemoryCategory.Activations);
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

            Forget(output);
        });
    }

    /// <summary>Frees a value that no rule will read again, however it is kept.</summary>
    private void Forget(Variable variable)
    {
        Free(variable.Value);
        FreeNarrowed(variable);
    }

    private void FreeNarrowed(Variable variable)
    {
        if (variable.Narrowed is Tensor narrowed)
        {
            Free(narrowed);
            variable.Narrowed = null;
        }
    }

    /// <summary>Whether the op that made an output records its rule.</summary>
    private bool Records(Variable output) => isRecording && output.NeedsGradient;

    /// <summary>Says that a rule will read a value, by <see cref="Reread"/>.</summary>
    private static Variable Save(Variable variable)
    {
        variable.IsSaved = true;
        return variable;
    }

    /// <summary>The same for a value that need not be kept where it can be computed again.</summary>
    private static void SaveUnlessRecomputed(Variable variable)
    {
        if (variable.Recompute is null)
        {
            Save(variable);
        }
    }

    /// <summary>A saved value in the backward pass: widened or computed again where it was not kept as it is. It goes when its own rule
    /// has run.</summary>
    private Tensor Reread(Variable variable)
    {
        if (owned.Contains(variable.Value))
        {
            return variable.Value;
        }

        if (variable.Narrowed is Tensor narrowed)
        {
            variable.Value = Allocate(variable.Value.Shape);
            kernels.Widen(narrowed, HalfFormat.Float16, variable.Value);
            FreeNarrowed(variable);
        }
        else if (variable.Recompute is not null)
        {
            variable.Value = Allocate(variable.Value.Shape);
            variable.Recompute(variable.Value);
        }

        return variable.Value;
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
