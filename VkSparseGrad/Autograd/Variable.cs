using VkSparseGrad.Tensors;

namespace VkSparseGrad.Autograd;

/// <summary>A value on a <see cref="Tape"/>.</summary>
public sealed class Variable
{
    private Tensor? value;

    internal Variable(Tensor value, bool needsGradient) => Begin(value, needsGradient);

    /// <summary>For the tape, which says by <see cref="Begin"/> what it is.</summary>
    internal Variable()
    {
    }

    /// <summary>The value. Belongs to the tape.</summary>
    /// <exception cref="ObjectDisposedException">It was released.</exception>
    public Tensor Value => value ?? throw new ObjectDisposedException(nameof(Variable), "The value was released.");

    /// <summary>The value's dimensions, which outlive it.</summary>
    public Shape Shape { get; private set; }

    /// <summary>Whether anything trainable lies behind it.</summary>
    public bool NeedsGradient { get; private set; }

    /// <summary>Whether the value is there, in 32 bits.</summary>
    internal bool HasValue => value is not null;

    /// <summary>The gradient, while the backward pass is at work on it.</summary>
    internal Tensor? Gradient { get; set; }

    /// <summary>Whether a gradient rule reads the value, which so must outlive the forward pass.</summary>
    internal bool IsSaved { get; set; }

    /// <summary>Whether it stays in 32 bits even on a tape that narrows, since a stretch is computed from it again.</summary>
    internal bool StaysFloat32 { get; set; }

    /// <summary>The value in 16 bits, where it is kept so.</summary>
    internal Tensor? Narrowed { get; set; }

    /// <summary>What it is the GELU of, where it is one.</summary>
    internal Variable? GeluInput { get; set; }

    /// <summary>Computes the value once more, where that is cheaper than keeping it; else null.</summary>
    internal Deferred? Recompute { get; set; }

    /// <summary>Makes it a new variable.</summary>
    internal void Begin(Tensor value, bool needsGradient)
    {
        SetValue(value);
        Shape = value.Shape;
        NeedsGradient = needsGradient;
        (Gradient, Narrowed, Recompute, GeluInput) = (null, null, null, null);
        (IsSaved, StaysFloat32) = (false, false);
    }

    /// <summary>Gives it a value of its shape, or none.</summary>
    internal void SetValue(Tensor? value) => this.value = value;
}
