using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels;

/// <summary>What is done with a product c when its sums are complete: by the product itself where that is faster, which saves reading c once
/// more, else behind it. The default is nothing.</summary>
public readonly record struct Epilogue
{
    private Epilogue(EpilogueKind kind, Tensor operand)
    {
        ArgumentNullException.ThrowIfNull(operand);
        (Kind, Operand) = (kind, operand);
    }

    internal EpilogueKind Kind { get; }

    /// <summary>What lies beside c; null for <see cref="EpilogueKind.None"/>.</summary>
    internal Tensor? Operand { get; }

    /// <summary>Also writes y = c Φ(c), as <see cref="IKernels.Gelu"/> does.</summary>
    /// <param name="y">Like c, and no other operand of the product.</param>
    public static Epilogue Gelu(Tensor y) => new(EpilogueKind.Gelu, y);

    /// <summary>Multiplies c by the derivative of x Φ(x), as <see cref="IKernels.GeluBackward"/> does.</summary>
    /// <param name="x">Like c, and no other operand of the product.</param>
    public static Epilogue GeluBackward(Tensor x) => new(EpilogueKind.GeluBackward, x);

    /// <summary>Does it by an op of its own, for a product that cannot.</summary>
    /// <param name="kernels">Where the product was computed.</param>
    /// <param name="c">The product.</param>
    internal void Apply(IKernels kernels, Tensor c)
    {
        if (Kind == EpilogueKind.Gelu)
        {
            kernels.Gelu(c, Operand!);
        }
        else if (Kind == EpilogueKind.GeluBackward)
        {
            kernels.GeluBackward(Operand!, c, c);
        }
    }
}
