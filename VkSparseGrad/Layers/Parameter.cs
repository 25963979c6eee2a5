using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Layers;

/// <summary>A named weight with, while a step is under way, its gradient.</summary>
public sealed class Parameter : IDisposable, IDenseWeight
{
    private VectorArena? arena;
    private int firstInArena;

    /// <summary>Takes over a tensor.</summary>
    /// <param name="name">The canonical Hugging Face name.</param>
    /// <param name="value">The weight.</param>
    /// <param name="isVector">Whether it is one-dimensional in the checkpoint: a bias or a norm's gain.</param>
    public Parameter(string name, Tensor value, bool isVector)
    {
        ArgumentNullException.ThrowIfNull(value);
        Name = name;
        Value = value;
        Shape = value.Shape;
        IsVector = isVector;
    }

    /// <summary>Takes over a matrix of 16-bit floats, which stays frozen.</summary>
    /// <param name="name">The canonical Hugging Face name.</param>
    /// <param name="words">[D_out, D_in / 2], integers: two values a word, the first in the low half.</param>
    /// <param name="format">What the values are.</param>
    public Parameter(string name, Tensor words, HalfFormat format)
        : this(name, words, isVector: false)
    {
        Shape = new Shape(words.Rows, 2 * words.Columns);
        Halves = format;
    }

    /// <summary>The canonical Hugging Face name.</summary>
    public string Name { get; }

    /// <summary>The weight.</summary>
    public Tensor Value { get; private set; }

    /// <summary>The dimensions of the weight, in whatever way it is kept.</summary>
    public Shape Shape { get; }

    /// <summary>What 16-bit floats the value's words are; null where it has 32-bit floats.</summary>
    public HalfFormat? Halves { get; }

    /// <summary>Whether it is one-dimensional. Vectors take no weight decay.</summary>
    public bool IsVector { get; }

    /// <summary>Whether it is trained. A frozen parameter has no gradient, and none is computed.</summary>
    /// <exception cref="InvalidOperationException">It is to be trained, but has 16-bit floats, in which small steps vanish.</exception>
    public bool IsTrainable
    {
        get;
        set => field = !value || Halves is null
            ? value
            : throw new InvalidOperationException($"{Name} is kept in 16 bits, in which it cannot be trained. Load the model in 32 bits.");
    }

    /// <summary>The gradient of the step under way, or null. It is the parameter's; behind <see cref="ClearGradient"/> the tensor may hold
    /// something else.</summary>
    public Tensor? Gradient { get; private set; }

    /// <summary>Where it lies beside other vectors, and from which element on; null where it does not.</summary>
    internal (VectorArena Arena, int First)? Place => arena is null ? null : (arena, firstInArena);

    /// <summary>Where the gradient is computed, if not in memory of its own. Whoever sets it resets it.</summary>
    internal Tensor? GradientHome { get; set; }

    /// <summary>Where set, takes each gradient as it is computed, in place of keeping it. The tensor is gone afterwards.</summary>
    internal Action<Tensor>? GradientObserver { get; set; }

    /// <summary>Ends the observing of whoever set this observer; another's stays.</summary>
    internal void StopObserving(Action<Tensor> observer)
    {
        if (GradientObserver == observer)
        {
            GradientObserver = null;
        }
    }

    /// <summary>Forgets the gradient.</summary>
    public void ClearGradient()
    {
        if (!ReferenceEquals(Gradient, GradientHome))
        {
            Gradient?.Dispose();
        }

        Gradient = null;
    }

    /// <summary>Lets the gradient be computed in memory of somebody else's, where the one there may be moves too.</summary>
    internal void MoveGradientTo(IKernels kernels, Tensor home)
    {
        Tensor? there = Gradient;
        if (there is not null)
        {
            kernels.Copy(there, home);
            ClearGradient();
        }

        (GradientHome, Gradient) = (home, there is null ? null : home);
    }

    /// <summary>Moves the weight into an arena, from an element on.</summary>
    internal void MoveTo(IKernels kernels, VectorArena destination, int first)
    {
        Tensor part = kernels.Part(destination.Values, first, Shape.Columns);
        kernels.Copy(Value, part);
        Value.Dispose();
        (Value, arena, firstInArena) = (part, destination, first);
    }

    /// <summary>The weight as 32-bit floats, a copy where it has others. Disposing the result leaves the parameter as it is.</summary>
    /// <param name="kernels">Where the parameter lives.</param>
    internal WidenedWeight Widen(IKernels kernels) => WidenedWeight.Of(kernels, Value, Halves, Shape);

    /// <summary>The weight as products take it. Disposing the result leaves the parameter as it is.</summary>
    /// <param name="kernels">Where the parameter lives.</param>
    internal ProductOperand Operand(IKernels kernels) => ProductOperand.Of(kernels, Value, Halves, Shape);

    ProductOperand IDenseWeight.Operand(IKernels kernels) => Operand(kernels);

    /// <summary>Adds a batch to the gradient: dW = dyᵀ x.</summary>
    /// <param name="kernels">Where the parameter lives.</param>
    /// <param name="dy">[T, D_out].</param>
    /// <param name="x">[T, D_in].</param>
    internal void AddGradient(IKernels kernels, Tensor dy, Tensor x) => AccumulateGradient(
        kernels, (dy, x), static (kernels, op, dW, accumulate) => kernels.Matmul(op.dy, true, op.x, false, null, dW, accumulate));

    void IDenseWeight.AddGradient(IKernels kernels, Tensor dy, Tensor x) => AddGradient(kernels, dy, x);

    /// <inheritdoc/>
    public void Dispose()
    {
        ClearGradient();
        Value.Dispose();
        arena?.Leave();
        arena = null;
    }

    /// <summary>Adds a contribution to the gradient.</summary>
    /// <param name="kernels">Where the parameter lives.</param>
    /// <param name="op">What the contribution is computed from.</param>
    /// <param name="write">Computes the contribution into a tensor, adding to it where the last argument says so.</param>
    internal void AccumulateGradient<TOp>(IKernels kernels, TOp op, Action<IKernels, TOp, Tensor, bool> write)
    {
        if (GradientObserver is not null)
        {
            using Tensor passing = kernels.Rent(Value.Shape, MemoryCategory.Gradients);
            write(kernels, op, passing, false);
            GradientObserver(passing);
            return;
        }

        bool accumulate = Gradient is not null;
        Gradient ??= GradientHome ?? kernels.Rent(Value.Shape, MemoryCategory.Gradients);
        write(kernels, op, Gradient, accumulate);
    }
}
