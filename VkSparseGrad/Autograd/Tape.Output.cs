using System.Buffers;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Autograd;

/// <content>The output layer of a language model together with its loss.</content>
public sealed partial class Tape
{
    /// <summary>Logits that exist at once.</summary>
    private const int LogitsAtOnce = 1 << 22;

    private TokenIds? rowsAtOnce;

    /// <summary>Cross-entropy of the logits h Wᵀ against the tokens that follow, the mean over n rows of which these are some or
    /// all. Its gradient is 1. Computed with its gradients for some rows at a time, so that the logits of all of them never exist
    /// at once.</summary>
    /// <param name="hidden">h [N, D], released.</param>
    /// <param name="weight">W [V, D].</param>
    /// <param name="labels">N of them, each below V.</param>
    /// <param name="n">At least 1.</param>
    /// <returns>[1, 1], which belongs to the tape.</returns>
    public Tensor OutputCrossEntropy(Variable hidden, Parameter weight, ReadOnlySpan<uint> labels, int n)
    {
        ArgumentNullException.ThrowIfNull(hidden);
        ArgumentNullException.ThrowIfNull(weight);
        (int rows, int width) = hidden.Value.Shape;
        int vocabulary = weight.Shape.Rows;
        int most = Math.Clamp(LogitsAtOnce / vocabulary, 1, rows);
        Tensor total = Allocate(Shape.Vector(1));
        kernels.Fill(total, 0);
        if (hidden.NeedsGradient)
        {
            hidden.Gradient = Allocate(hidden.Value.Shape);
            kernels.Fill(hidden.Gradient, 0);
        }

        using ProductOperand dense = weight.Operand(kernels);
        for (int first = 0; first < rows; first += most)
        {
            int count = Math.Min(most, rows - first);
            using var scope = DisposeScope.Open();
            TokenIds slice = scope.Add(rowsAtOnce ??= new TokenIds(kernels));
            Assign(slice, first, count);
            Tensor expected = scope.Add(kernels.RentFrom(labels.Slice(first, count)));
            Tensor chosen = Scratch(scope, count, width), logits = Scratch(scope, count, vocabulary);
            Tensor dLogits = Scratch(scope, count, vocabulary), loss = Scratch(scope, 1, 1);
            kernels.GatherRows(hidden.Value, slice.Tensor, chosen);
            dense.Forward(chosen, null, logits);
            kernels.CrossEntropy(logits, expected, n, loss, dLogits);
            kernels.Add(loss, total);
            if (IsTraining && weight.IsTrainable)
            {
                // dW += dlogitsᵀ h
                weight.AddGradient(kernels, dLogits, chosen);
            }

            if (hidden.Gradient is not null)
            {
                // dh = dlogits W
                Tensor dChosen = Scratch(scope, count, width);
                dense.Backward(dLogits, dChosen);
                kernels.ScatterAddRows(dChosen, slice.Segments, hidden.Gradient);
            }
        }

        Release(hidden);
        return total;
    }

    private Tensor Scratch(DisposeScope scope, int rows, int columns) =>
        scope.Add(kernels.Rent(new Shape(rows, columns), MemoryCategory.Activations));

    private static void Assign(TokenIds ids, int first, int count)
    {
        uint[] rows = ArrayPool<uint>.Shared.Rent(count);
        for (int i = 0; i < count; i++)
        {
            rows[i] = (uint)(first + i);
        }

        ids.Assign(rows.AsSpan(0, count));
        ArrayPool<uint>.Shared.Return(rows);
    }
}
