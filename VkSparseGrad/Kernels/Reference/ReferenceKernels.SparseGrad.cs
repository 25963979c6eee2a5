using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

public sealed partial class ReferenceKernels
{
    /// <inheritdoc/>
    public void TopK(Tensor c, Tensor indices, Tensor values)
    {
        ArgumentNullException.ThrowIfNull(c);
        ArgumentNullException.ThrowIfNull(indices);
        int k = indices.Columns;
        ShapeChecks.Expect(indices, Shape.Vector(k), DType.UInt32);
        ShapeChecks.Expect(values, Shape.Vector(k));
        if (k < 1 || k > c.Length)
        {
            throw new ArgumentException($"Cannot keep {k} of {c.Length} coefficients.", nameof(indices));
        }

        Span<double> coefficients = Floats(c), kept = Floats(values);
        Span<uint> places = Integers(indices);
        var sorted = new ulong[coefficients.Length];
        for (int i = 0; i < sorted.Length; i++)
        {
            sorted[i] = Magnitude(coefficients[i]);
        }

        Array.Sort(sorted);
        ulong threshold = sorted[^k];
        int ties = 0;
        for (int i = sorted.Length - k; i < sorted.Length && sorted[i] == threshold; i++)
        {
            ties++;
        }

        int next = 0;
        for (int i = 0; next < k; i++)
        {
            ulong magnitude = Magnitude(coefficients[i]);
            if (magnitude > threshold || (magnitude == threshold && ties-- > 0))
            {
                places[next] = (uint)i;
                kept[next] = coefficients[i];
                next++;
            }
        }
    }

    /// <inheritdoc/>
    public void SparseAdam(
        Tensor indices, Tensor values, Tensor moment1, Tensor moment2, Tensor clip, in AdamParameters adam, Tensor delta)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentNullException.ThrowIfNull(moment1);
        Shape list = Shape.Vector(indices.Columns);
        ShapeChecks.Expect(indices, list, DType.UInt32);
        ShapeChecks.Expect(values, list);
        ShapeChecks.Expect(moment2, moment1.Shape);
        ShapeChecks.Expect(clip, Shape.Vector(2));
        ShapeChecks.Expect(delta, list);
        Span<double> g = Floats(values), m = Floats(moment1), v = Floats(moment2), step = Floats(delta);
        Span<uint> places = Integers(indices);
        double factor = Floats(clip)[0];
        if (double.IsNaN(factor))
        {
            step.Clear();
            return;
        }

        // Unlike AdamW, PyTorch's SparseAdam adds epsilon before it corrects the second moment's bias.
        double stepSize = adam.LearningRate * Math.Sqrt(adam.BiasCorrection2) / adam.BiasCorrection1;
        for (int i = 0; i < places.Length; i++)
        {
            int place = (int)places[i];
            double clipped = factor * g[i];
            m[place] += (1.0 - adam.Beta1) * (clipped - m[place]);
            v[place] += (1.0 - adam.Beta2) * (clipped * clipped - v[place]);
            step[i] = -stepSize * m[place] / (Math.Sqrt(v[place]) + adam.Epsilon);
        }
    }

    /// <inheritdoc/>
    public void SparseScatter(Tensor indices, Tensor delta, Tensor basis, Tensor weight)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentNullException.ThrowIfNull(weight);
        int large = weight.Columns;
        Shape list = Shape.Vector(indices.Columns);
        ShapeChecks.Expect(indices, list, DType.UInt32);
        ShapeChecks.Expect(delta, list);
        ShapeChecks.Expect(basis, new Shape(large, large));
        Span<double> step = Floats(delta), vectors = Floats(basis), w = Floats(weight);
        Span<uint> places = Integers(indices);
        for (int i = 0; i < places.Length; i++)
        {
            (int s, int l) = Math.DivRem((int)places[i], large);
            VectorMath.AddScaled(step[i], vectors.Slice(l * large, large), w.Slice(s * large, large));
        }
    }

    /// <summary>A number that grows with the magnitude: the bits of a non-negative double. NaN counts as the largest.</summary>
    private static ulong Magnitude(double value) => BitConverter.DoubleToUInt64Bits(Math.Abs(value));
}
