using VkSparseGrad.Tensors;

namespace VkSparseGrad.Autograd;

/// <summary>A value on a <see cref="Tape"/>.</summary>
public sealed class Variable
{
    internal Variable(Tensor value, bool needsGradient)
    {
        Value = value;
        NeedsGradient = needsGradient;
    }

    /// <summary>The value. Belongs to the tape.</summary>
    public Tensor Value { get; internal set; }

    /// <summary>Whether anything trainable lies behind it.</summary>
    public bool NeedsGradient { get; }

    /// <summary>The gradient, while the backward pass is at work on it.</summary>
    internal Tensor? Gradient { get; set; }

    /// <summary>Whether a gradient rule reads the value, which so must outlive the forward pass.</summary>
    internal bool IsSaved { get; set; }

    /// <summary>Whether it stays in 32 bits even on a tape that narrows, since a stretch is computed from it again.</summary>
    internal bool StaysFloat32 { get; set; }

    /// <summary>The value in 16 bits, where it is kept so.</summary>
    internal Tensor? Narrowed { get; set; }

    /// <summary>Computes the value once more, where that is cheaper than keeping it; else null.</summary>
    internal Action<Tensor>? Recompute { get; set; }
}
