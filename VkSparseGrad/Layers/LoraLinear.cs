using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Layers;

/// <summary>A linear layer with a frozen weight W and a trained product on top: W + s B A. Hu et al., arXiv:2106.09685.</summary>
/// <param name="frozen">The layer as it was; this one's from here on.</param>
/// <param name="down">A [r, D_in].</param>
/// <param name="up">B [D_out, r], zero at the beginning.</param>
/// <param name="scale">s.</param>
/// <param name="dropout">Probability of dropout on the product's input.</param>
/// <param name="stream">Which dropout of the model that is.</param>
public sealed class LoraLinear(Linear frozen, Parameter down, Parameter up, double scale, double dropout, uint stream) : ILinear
{
    /// <summary>W [D_out, D_in].</summary>
    public Parameter Weight => frozen.Weight;

    /// <inheritdoc/>
    public Parameter? Bias => frozen.Bias;

    /// <summary>A [r, D_in].</summary>
    public Parameter Down { get; } = down;

    /// <summary>B [D_out, r].</summary>
    public Parameter Up { get; } = up;

    /// <summary>s, which is alpha / r.</summary>
    public double Scale { get; } = scale;

    /// <inheritdoc/>
    public IEnumerable<Parameter> Parameters => [.. frozen.Parameters, Down, Up];

    /// <inheritdoc/>
    public Variable Forward(Tape tape, Variable x, Activation activation = Activation.None)
    {
        ArgumentNullException.ThrowIfNull(tape);
        return tape.LoraLinear(x, Weight, Bias, Down, Up, (float)Scale, tape.Dropout((float)dropout, stream), activation);
    }

    /// <summary>W + s B A.</summary>
    /// <returns>[D_out, D_in], the caller's.</returns>
    public Tensor ToDense(IKernels kernels)
    {
        using var scope = DisposeScope.Open();
        Tensor dense = scope.Add(kernels.Allocate(Weight.Shape, MemoryCategory.Scratch));
        using (WidenedWeight widened = Weight.Widen(kernels))
        {
            kernels.Copy(widened.Value, dense);
        }

        using Tensor scaled = kernels.Allocate(Up.Value.Shape, MemoryCategory.Scratch);
        kernels.Scale(Up.Value, (float)Scale, scaled);
        kernels.Matmul(scaled, false, Down.Value, false, null, dense, accumulate: true);
        scope.Keep();
        return dense;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        frozen.Dispose();
        Down.Dispose();
        Up.Dispose();
    }
}
