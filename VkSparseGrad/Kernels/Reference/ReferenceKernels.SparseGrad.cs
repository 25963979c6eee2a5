using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

public sealed partial class ReferenceKernels
{
    /// <inheritdoc/>
    public void TopK(ReadOnlySpan<TopKChoice> choices)
    {
        foreach (TopKChoice choice in choices)
        {
            TopK(choice.C, choice.Indices, choice.Values);
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
    public void SparseScatter(Tensor indices, Tensor delta, Tensor basis, Tensor starts, Tensor weight)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(basis);
        int large = weight.Columns;
        Shape list = Shape.Vector(indices.Columns);
        ShapeChecks.Expect(indices, list, DType.UInt32);
        ShapeChecks.Expect(delta, list);
        ShapeChecks.Expect(basis, new Shape(basis.Rows, large));
        ShapeChecks.Expect(starts, Shape.Vector(weight.Rows + 1), DType.UInt32);
        Span<double> step = Floats(delta), vectors = Floats(basis), w = Floats(weight);
        Span<uint> places = Integers(indices);
        for (int i = 0; i < places.Length; i++)
        {
            (int s, int l) = Math.DivRem((int)places[i], basis.Rows);
            VectorMath.AddScaled(step[i], vectors.Slice(l * large, large), w.Slice(s * large, large));
        }
    }

    /// <inheritdoc/>
    public void SparseDots(Tensor indices, Tensor halfRotated, Tensor basis, Tensor values)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentNullException.ThrowIfNull(halfRotated);
        ArgumentNullException.ThrowIfNull(basis);
        int large = halfRotated.Columns;
        Shape list = Shape.Vector(indices.Columns);
        ShapeChecks.Expect(indices, list, DType.UInt32);
        ShapeChecks.Expect(values, list);
        ShapeChecks.Expect(basis, new Shape(basis.Rows, large));
        Span<double> gradient = Floats(halfRotated), vectors = Floats(basis), dots = Floats(values);
        Span<uint> places = Integers(indices);
        for (int i = 0; i < places.Length; i++)
        {
            (int s, int l) = Math.DivRem((int)places[i], basis.Rows);
            dots[i] = VectorMath.Dot(gradient.Slice(s * large, large), vectors.Slice(l * large, large));
        }
    }

    /// <inheritdoc/>
    public void SelectColumns(Tensor x, Tensor? have, Tensor wanted, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (have is not null)
        {
            ShapeChecks.Expect(have, Shape.Vector(x.Columns), DType.UInt32);
        }

        ShapeChecks.Expect(wanted, Shape.Vector(y.Columns), DType.UInt32);
        ShapeChecks.Expect(y, new Shape(x.Rows, y.Columns));
        Span<double> from = Floats(x), to = Floats(y);
        Span<uint> names = Integers(wanted);
        for (int j = 0; j < names.Length; j++)
        {
            int i = have is not null ? Integers(have).IndexOf(names[j]) : names[j] < x.Columns ? (int)names[j] : -1;
            for (int r = 0; r < x.Rows; r++)
            {
                to[r * y.Columns + j] = i >= 0 ? from[r * x.Columns + i] : 0;
            }
        }
    }

    /// <inheritdoc/>
    public void MarkEntries(Tensor indices, Tensor delta, Tensor? coordinates, int columns, Tensor marks)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentNullException.ThrowIfNull(marks);
        ShapeChecks.Expect(indices, Shape.Vector(indices.Columns), DType.UInt32);
        ShapeChecks.Expect(delta, Shape.Vector(indices.Columns));
        ShapeChecks.Expect(marks, Shape.Vector(marks.Columns), DType.UInt32);
        int entries = ShapeChecks.Entries(coordinates, columns);
        Span<uint> words = Integers(marks);
        Span<double> step = Floats(delta);
        Span<uint> places = Integers(indices);
        for (int i = 0; i < places.Length; i++)
        {
            if (step[i] == 0)
            {
                continue;
            }

            (int s, int l) = Math.DivRem((int)places[i], entries);
            int bit = s * columns + (coordinates is null ? l : (int)Integers(coordinates)[l]);
            words[bit / 32] |= 1u << (bit % 32);
        }
    }

    /// <inheritdoc/>
    public void AddEntries(Tensor indices, Tensor delta, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ShapeChecks.Expect(indices, Shape.Vector(indices.Columns), DType.UInt32);
        ShapeChecks.Expect(delta, Shape.Vector(indices.Columns));
        Span<double> step = Floats(delta), to = Floats(y);
        Span<uint> places = Integers(indices);
        for (int i = 0; i < places.Length; i++)
        {
            to[(int)places[i]] += step[i];
        }
    }

    private void TopK(Tensor c, Tensor indices, Tensor values)
    {
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

    /// <summary>A number that grows with the magnitude: the bits of a non-negative double. NaN counts as the largest.</summary>
    private static ulong Magnitude(double value) => BitConverter.DoubleToUInt64Bits(Math.Abs(value));
}
