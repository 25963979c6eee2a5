using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

public sealed partial class ReferenceKernels
{
    /// <inheritdoc/>
    public void LayerNorm(
        Tensor x, Tensor? residual, Tensor gain, Tensor bias, float epsilon, Dropout dropout,
        Tensor y, Tensor normalized, Tensor inverseDeviation)
    {
        ArgumentNullException.ThrowIfNull(x);
        int rows = x.Rows, columns = x.Columns;
        if (residual is not null)
        {
            ShapeChecks.Expect(residual, x.Shape);
        }

        ShapeChecks.Expect(gain, Shape.Vector(columns));
        ShapeChecks.Expect(bias, Shape.Vector(columns));
        ShapeChecks.Expect(y, x.Shape);
        ShapeChecks.Expect(normalized, x.Shape);
        ShapeChecks.Expect(inverseDeviation, Shape.Vector(rows));
        Span<double> input = Floats(x), output = Floats(y), units = Floats(normalized);
        Span<double> gains = Floats(gain), biases = Floats(bias), inverses = Floats(inverseDeviation);
        Span<double> skip = residual is null ? [] : Floats(residual);
        var z = new double[columns];
        for (int r = 0; r < rows; r++)
        {
            int start = r * columns;
            double mean = 0;
            for (int c = 0; c < columns; c++)
            {
                z[c] = Philox.MaskFactor(dropout, (uint)(start + c)) * input[start + c];
                z[c] += residual is null ? 0 : skip[start + c];
                mean += z[c] / columns;
            }

            double variance = 0;
            for (int c = 0; c < columns; c++)
            {
                variance += (z[c] - mean) * (z[c] - mean) / columns;
            }

            double inverse = 1 / Math.Sqrt(variance + epsilon);
            inverses[r] = inverse;
            for (int c = 0; c < columns; c++)
            {
                units[start + c] = (z[c] - mean) * inverse;
                output[start + c] = units[start + c] * gains[c] + biases[c];
            }
        }
    }

    /// <inheritdoc/>
    public void LayerNormBackward(
        Tensor dy, Tensor normalized, Tensor inverseDeviation, Tensor gain, Dropout dropout, Tensor dResidual, Tensor? dx)
    {
        ArgumentNullException.ThrowIfNull(dy);
        int rows = dy.Rows, columns = dy.Columns;
        ShapeChecks.Expect(normalized, dy.Shape);
        ShapeChecks.Expect(inverseDeviation, Shape.Vector(rows));
        ShapeChecks.Expect(gain, Shape.Vector(columns));
        ShapeChecks.Expect(dResidual, dy.Shape);
        if (dx is not null)
        {
            ShapeChecks.Expect(dx, dy.Shape);
        }
        else if (dropout.Enabled)
        {
            throw new ArgumentException("With dropout the gradient to x differs from that to the residual; give it a tensor.", nameof(dx));
        }

        Span<double> dOutput = Floats(dy), units = Floats(normalized), inverses = Floats(inverseDeviation);
        Span<double> gains = Floats(gain), dSkip = Floats(dResidual);
        Span<double> dInput = dx is null ? [] : Floats(dx);
        for (int r = 0; r < rows; r++)
        {
            // With u the normalized row and du = dy gain: dz = (du - mean(du) - u mean(u du)) / deviation.
            int start = r * columns;
            double mean = 0, projection = 0;
            for (int c = 0; c < columns; c++)
            {
                double du = dOutput[start + c] * gains[c];
                mean += du / columns;
                projection += units[start + c] * du / columns;
            }

            for (int c = 0; c < columns; c++)
            {
                int place = start + c;
                double dz = (dOutput[place] * gains[c] - mean - units[place] * projection) * inverses[r];
                dSkip[place] = dz;
                if (dx is not null)
                {
                    dInput[place] = Philox.MaskFactor(dropout, (uint)place) * dz;
                }
            }
        }
    }
}
