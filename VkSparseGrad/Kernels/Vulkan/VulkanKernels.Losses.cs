using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    /// <inheritdoc/>
    public void CrossEntropy(Tensor logits, Tensor labels, int n, Tensor loss, Tensor dLogits)
    {
        ShapeChecks.Expect(labels, Shape.Vector(logits.Rows), DType.UInt32);
        ShapeChecks.Expect(loss, Shape.Vector(1));
        ShapeChecks.Expect(dLogits, logits.Shape);
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        CheckTrips(3L * DivideUp(logits.Columns, 4L * lanes) * (logits.Columns % 4 == 0 ? 1 : 4), "cross_entropy");
        using Tensor losses = this.Rent(Shape.Vector(logits.Rows), MemoryCategory.Scratch);
        Dispatch(
            "cross_entropy", [(uint)lanes, Aligned(logits.Columns)],
            [Quads(Read(logits), logits.Columns), Read(labels), Write(losses), Write(dLogits)],
            [(uint)logits.Rows, (uint)logits.Columns, Bits(1f / n)], Fold(logits.Rows), 40.0 * logits.Length);
        Sum(losses, loss);
    }

    /// <inheritdoc/>
    public void MeanSquaredError(Tensor predictions, Tensor targets, int n, Tensor loss, Tensor dPredictions)
    {
        ShapeChecks.Expect(targets, predictions.Shape);
        ShapeChecks.Expect(loss, Shape.Vector(1));
        ShapeChecks.Expect(dPredictions, predictions.Shape);
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        using Tensor terms = this.Rent(predictions.Shape, MemoryCategory.Scratch);
        int count = (int)predictions.Length;
        Elementwise(
            "mean_squared_error", count,
            [
                ReadWindow(predictions, 0, count), ReadWindow(targets, 0, count), WriteWindow(terms, 0, count),
                WriteWindow(dPredictions, 0, count),
            ],
            [(uint)count, Bits((float)n * predictions.Columns)], ElementCost);
        Sum(terms, loss);
    }

    private void Sum(Tensor x, Tensor total)
    {
        CheckTrips(DivideUp(x.Length, 64), "sum");
        Dispatch("sum", [], [Read(x), Write(total)], [(uint)x.Length], (1, 1, 1), 4.0 * x.Length);
    }
}
