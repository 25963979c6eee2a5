using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Autograd;

/// <summary>Records the ops of a forward pass and runs their gradient rules backwards.</summary>
/// <remarks>
/// The ops and their rules are in the files Tape.Linears.cs and Tape.Operations.cs. An op behind which nothing is trainable is
/// not recorded. The tape owns every value it made: a value goes when its rule has run, or by <see cref="Release"/> when no rule
/// reads it, or with the tape. Another value may then take its place in the same <see cref="Tensor"/>.
/// </remarks>
public sealed partial class Tape : IDisposable
{
    private readonly IKernels kernels;
    private readonly Stack<(Variable Output, Deferred Rule)> rules = new();
    private readonly HashSet<Tensor> owned = [];
    private readonly Arena<Variable> variables = new(() => new Variable());
    private readonly Dictionary<Type, Arena> deferred = [];
    private readonly List<(Parameter Table, TokenIds Ids)> lookups = [];
    private readonly ulong seed;
    private readonly bool recomputes;
    private readonly bool narrows;
    private uint step;
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
            FreeValue(variable);
        }
        else if (narrows && !variable.StaysFloat32 && variable.HasValue && owned.Contains(variable.Value))
        {
            // Two values a word. Rows of an odd number share one, so that the words are one row.
            (int rows, int columns) = variable.Shape;
            variable.Narrowed = Allocate(
                columns % 2 == 0 ? new Shape(rows, columns / 2) : Shape.Vector(checked((int)((variable.Shape.Length + 1) / 2))), DType.UInt32);
            kernels.Narrow(variable.Value, variable.Narrowed);
            FreeValue(variable);
        }
    }

    /// <summary>A stretch of the forward pass, of which a tape that recomputes keeps only the input. Chen et al.,
    /// arXiv:1604.06174.</summary>
    /// <typeparam name="TState">What the stretch is computed with.</typeparam>
    /// <param name="x">The input, released by the stretch.</param>
    /// <param name="state">What it is computed with.</param>
    /// <param name="compute">Computes the output from x by ops of this tape, and the same each time.</param>
    /// <returns>The output.</returns>
    public Variable Stretch<TState>(Variable x, TState state, Func<Tape, Variable, TState, Variable> compute)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(compute);
        if (!recomputes || !isRecording)
        {
            return compute(this, x, state);
        }

        bool wasSaved = x.IsSaved;
        Save(x).StaysFloat32 = true;
        isRecording = false;
        Variable first;
        try
        {
            first = compute(this, x, state);
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

        Variable y = Make(first.Value, needsGradient: true);
        Record(y, (y, x, state, compute), static (tape, _, op) =>
        {
            // Its rules come on top of those that are left, and so are the next to run.
            Variable again = op.compute(tape, op.x, op.state);
            tape.HandOn(op.y, again);
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
        if (!rules.TryPop(out (Variable Output, Deferred Rule) next))
        {
            return false;
        }

        // Without a gradient nothing behind the output influenced the loss.
        Variable output = next.Output;
        if (output.Gradient is Tensor gradient)
        {
            next.Rule.Run(this, gradient);
            if (ReferenceEquals(output.Gradient, gradient))
            {
                output.Gradient = null;
                Free(gradient);
            }
        }

        Forget(output);
        return true;
    }

    /// <summary>Makes the tape a new one for another step, with the objects of the one before: their variables are not to be used any
    /// more.</summary>
    internal void Restart(uint step)
    {
        Dispose();
        this.step = step;
        isRecording = IsTraining;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        rules.Clear();
        foreach (Tensor tensor in owned)
        {
            // Taken out first: one that somebody else disposed throws, and the others are not to be lost by that.
            owned.Remove(tensor);
            tensor.Dispose();
        }

        lookups.Clear();
        variables.Reset();
        foreach (Arena arena in deferred.Values)
        {
            arena.Reset();
        }
    }

    private Tensor Allocate(Shape shape, DType type = DType.Float32)
    {
        Tensor tensor = kernels.Rent(shape, type, MemoryCategory.Activations);
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

    private void FreeValue(Variable variable)
    {
        if (variable.HasValue && owned.Contains(variable.Value))
        {
            Free(variable.Value);
            variable.SetValue(null);
        }
    }

    private Variable Make(Tensor value, bool needsGradient)
    {
        Variable variable = variables.Take();
        variable.Begin(value, needsGradient);
        return variable;
    }

    /// <summary>Records a rule for an output. The rule gets the output's gradient; output and gradient go afterwards.</summary>
    /// <param name="output">The output.</param>
    /// <param name="op">What the rule needs. It captures nothing itself, so that a step leaves no objects behind.</param>
    /// <param name="rule">The rule.</param>
    private void Record<TState>(Variable output, TState op, Action<Tape, Tensor, TState> rule) => rules.Push((output, Defer(op, rule)));

    private Deferred<TState> Defer<TState>(TState op, Action<Tape, Tensor, TState> action)
    {
        if (!deferred.TryGetValue(typeof(TState), out Arena? arena))
        {
            arena = new Arena<Deferred<TState>>(() => new Deferred<TState>());
            deferred.Add(typeof(TState), arena);
        }

        Deferred<TState> taken = ((Arena<Deferred<TState>>)arena).Take();
        taken.Set(op, action);
        return taken;
    }

    /// <summary>Frees a value that no rule will read again, however it is kept.</summary>
    private void Forget(Variable variable)
    {
        FreeValue(variable);
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
        if (variable.HasValue)
        {
            return variable.Value;
        }

        if (variable.Narrowed is Tensor narrowed)
        {
            variable.SetValue(Allocate(variable.Shape));
            kernels.Widen(narrowed, HalfFormat.Float16, variable.Value);
            FreeNarrowed(variable);
        }
        else if (variable.Recompute is Deferred recompute)
        {
            variable.SetValue(Allocate(variable.Shape));
            recompute.Run(this, variable.Value);
        }

        return variable.Value;
    }

    /// <summary>Where a contribution to the gradient of an input goes, and whether it is added to what is there.</summary>
    private (Tensor Gradient, bool Accumulate) GradientOf(Variable input)
    {
        bool accumulate = input.Gradient is not null;
        return (input.Gradient ??= Allocate(input.Shape), accumulate);
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
