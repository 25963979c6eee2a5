using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

public sealed partial class ReferenceKernels
{
    /// <inheritdoc/>
    public void CrossEntropy(Tensor logits, Tensor labels, int n, Tensor loss, Tensor dLogits)
    {
        ArgumentNullException.ThrowIfNull(logits);
        int rows = logits.Rows, classes = logits.Columns;
        ShapeChecks.Expect(labels, Shape.Vector(rows), DType.UInt32);
        ShapeChecks.Expect(loss, Shape.Vector(1));
        ShapeChecks.Expect(dLogits, logits.Shape);
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        Span<double> scores = Floats(logits), gradient = Floats(dLogits);
        Span<uint> wanted = Integers(labels);
        double total = 0;
        for (int r = 0; r < rows; r++)
        {
            Span<double> score = scores.Slice(r * classes, classes);
            double largest = double.NegativeInfinity;
            foreach (double value in score)
            {
                largest = Math.Max(largest, value);
            }

            double sum = 0;
            foreach (double value in score)
            {
                sum += Math.Exp(value - largest);
            }

            // In this order an offset that all scores share cancels before it can cost digits.
            int label = (int)wanted[r];
            total += Math.Log(sum) - (score[label] - largest);
            for (int c = 0; c < classes; c++)
            {
                double probability = Math.Exp(score[c] - largest) / sum;
                gradient[r * classes + c] = (probability - (c == label ? 1 : 0)) / n;
            }
        }

        Floats(loss)[0] = total / n;
    }

    /// <inheritdoc/>
    public void MeanSquaredError(Tensor predictions, Tensor targets, int n, Tensor loss, Tensor dPredictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ShapeChecks.Expect(targets, predictions.Shape);
        ShapeChecks.Expect(loss, Shape.Vector(1));
        ShapeChecks.Expect(dPredictions, predictions.Shape);
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        Span<double> prediction = Floats(predictions), target = Floats(targets), gradient = Floats(dPredictions);
        double total = 0;
        for (int i = 0; i < prediction.Length; i++)
        {
            double error = prediction[i] - target[i];
            total += error * error;
            gradient[i] = 2 * error / ((double)n * predictions.Columns);
        }

        Floats(loss)[0] = total / ((double)n * predictions.Columns);
    }
}
