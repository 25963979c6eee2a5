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

    /// <inheritdoc/>
    public void Affine(Tensor x, Tensor gain, Tensor bias, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ShapeChecks.Expect(gain, Shape.Vector(x.Columns));
        ShapeChecks.Expect(bias, Shape.Vector(x.Columns));
        ShapeChecks.Expect(y, x.Shape);
        Span<double> input = Floats(x), gains = Floats(gain), biases = Floats(bias), output = Floats(y);
        for (int i = 0; i < input.Length; i++)
        {
            output[i] = input[i] * gains[i % x.Columns] + biases[i % x.Columns];
        }
    }

    /// <inheritdoc/>
    public void RmsNorm(Tensor x, Tensor gain, float epsilon, Tensor y, Tensor inverseRoot)
    {
        ArgumentNullException.ThrowIfNull(x);
        int rows = x.Rows, columns = x.Columns;
        ShapeChecks.Expect(gain, Shape.Vector(columns));
        ShapeChecks.Expect(y, x.Shape);
        ShapeChecks.Expect(inverseRoot, Shape.Vector(rows));
        Span<double> input = Floats(x), gains = Floats(gain), output = Floats(y), inverses = Floats(inverseRoot);
        for (int r = 0; r < rows; r++)
        {
            Span<double> row = input.Slice(r * columns, columns);
            inverses[r] = 1 / Math.Sqrt(VectorMath.Dot(row, row) / columns + epsilon);
            for (int c = 0; c < columns; c++)
            {
                output[r * columns + c] = row[c] * inverses[r] * gains[c];
            }
        }
    }

    /// <inheritdoc/>
    public void RmsNormBackward(
        Tensor dy, Tensor x, Tensor inverseRoot, Tensor gain, Tensor dx, bool accumulate = false, Tensor? normalized = null)
    {
        ArgumentNullException.ThrowIfNull(dy);
        ArgumentNullException.ThrowIfNull(x);
        ShapeChecks.RmsNormBackward(dy, x, inverseRoot, gain, dx, normalized);
        int rows = x.Rows, columns = x.Columns;
        Span<double> dOutput = Floats(dy), input = Floats(x), inverses = Floats(inverseRoot), gains = Floats(gain), dInput = Floats(dx);
        Span<double> units = normalized is null ? [] : Floats(normalized);
        for (int r = 0; r < rows; r++)
        {
            // With n = x inverse and dn = dy gain: dx = (dn - n mean(n dn)) inverse.
            int start = r * columns;
            double projection = 0;
            for (int c = start; c < start + columns; c++)
            {
                projection += input[c] * inverses[r] * dOutput[c] * gains[c - start] / columns;
            }

            for (int c = start; c < start + columns; c++)
            {
                double unit = input[c] * inverses[r];
                double contribution = (dOutput[c] * gains[c - start] - unit * projection) * inverses[r];
                dInput[c] = accumulate ? dInput[c] + contribution : contribution;
                if (normalized is not null)
                {
                    units[c] = unit;
                }
            }
        }
    }
}
