using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

public sealed partial class ReferenceKernels
{
    /// <inheritdoc/>
    public void Matmul(
        Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor? bias, Tensor c, bool accumulate = false, Epilogue epilogue = default)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        (int m, int n, int k) = ShapeChecks.Matmul(a, transposeA, b, transposeB, bias, c, epilogue);
        Span<double> left = Floats(a), right = Floats(b), product = Floats(c);
        Span<double> offset = bias is null ? [] : Floats(bias);
        for (int i = 0; i < m; i++)
        {
            Span<double> row = product.Slice(i * n, n);
            if (!accumulate)
            {
                row.Clear();
            }

            if (bias is not null)
            {
                VectorMath.AddScaled(1, offset, row);
            }

            if (transposeB)
            {
                // c[i, j] += a[i, :] · b[j, :]
                for (int j = 0; j < n; j++)
                {
                    row[j] += VectorMath.Dot(left.Slice(i * k, k), right.Slice(j * k, k));
                }
            }
            else
            {
                // c[i, :] += op(a)[i, p] b[p, :]
                for (int p = 0; p < k; p++)
                {
                    VectorMath.AddScaled(transposeA ? left[p * m + i] : left[i * k + p], right.Slice(p * n, n), row);
                }
            }
        }

        epilogue.Apply(this, c);
    }

    /// <inheritdoc/>
    public void MatmulHalves(
        Tensor a, bool transposeA, Tensor words, HalfFormat format, bool transposeB, Tensor? bias, Tensor c, bool accumulate = false,
        Epilogue epilogue = default)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(words);
        ShapeChecks.MatmulHalves(a, transposeA, words, transposeB, bias, c, epilogue);
        using Tensor wide = this.Allocate(new Shape(words.Rows, 2 * words.Columns), MemoryCategory.Scratch);
        Widen(words, format, wide);
        Matmul(a, transposeA, wide, transposeB, bias, c, accumulate, epilogue);
    }

    /// <inheritdoc/>
    public void AccumulateGram(Tensor g, bool transpose, Tensor gram)
    {
        ArgumentNullException.ThrowIfNull(g);
        int m = g.Rows, n = g.Columns, size = transpose ? n : m;
        ShapeChecks.Expect(gram, new Shape(size, size));
        Span<double> gradient = Floats(g), sum = Floats(gram);
        for (int i = 0; i < size; i++)
        {
            Span<double> row = sum.Slice(i * size, size);

            // Undefined by the contract: NaN, so that reading it shows.
            row[..i].Fill(double.NaN);
            if (transpose)
            {
                // gram[i, i..] += g[r, i] g[r, i..]
                for (int r = 0; r < m; r++)
                {
                    VectorMath.AddScaled(gradient[r * n + i], gradient.Slice(r * n + i, n - i), row[i..]);
                }
            }
            else
            {
                // gram[i, j] += g[i, :] · g[j, :]
                for (int j = i; j < m; j++)
                {
                    row[j] += VectorMath.Dot(gradient.Slice(i * n, n), gradient.Slice(j * n, n));
                }
            }
        }
    }

    /// <inheritdoc/>
    public void ColumnSum(Tensor a, Tensor? b, Tensor total, bool accumulate = false)
    {
        ArgumentNullException.ThrowIfNull(a);
        int rows = a.Rows, columns = a.Columns;
        ShapeChecks.Expect(total, Shape.Vector(columns));
        if (b is not null)
        {
            ShapeChecks.Expect(b, a.Shape);
        }

        Span<double> values = Floats(a), sum = Floats(total);
        Span<double> factors = b is null ? [] : Floats(b);
        if (!accumulate)
        {
            sum.Clear();
        }

        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                int place = r * columns + c;
                sum[c] += b is null ? values[place] : values[place] * factors[place];
            }
        }
    }
}
