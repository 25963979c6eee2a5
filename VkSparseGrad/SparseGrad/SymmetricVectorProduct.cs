using System.Runtime.Intrinsics;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>
/// y = A·x for a symmetric A of which the upper triangle is stored by rows. Each element is read once and used twice, as
/// a<sub>ij</sub> and as a<sub>ji</sub>: the product is bound by memory, so this halves its time.
/// </summary>
internal sealed unsafe class SymmetricVectorProduct : IDisposable
{
    // Below this order a product is too short to be worth starting threads for.
    private const int ParallelOrder = 768;

    // Fixed, so that the order of summation does not depend on the number of threads.
    private const int Strips = 8;

    private readonly HostBuffer<double> _partial;
    private readonly int _partialStride;

    internal SymmetricVectorProduct(int order)
    {
        _partialStride = CacheLines.PaddedStride(order);
        _partial = new HostBuffer<double>((long)Strips * _partialStride);
    }

    /// <summary>Computes y = A·x.</summary>
    /// <param name="order">The order of A.</param>
    /// <param name="a">The first element of A.</param>
    /// <param name="stride">The row stride of A.</param>
    /// <param name="x">x.</param>
    /// <param name="y">Receives y; must not overlap x.</param>
    internal void Multiply(int order, double* a, nint stride, double* x, double* y)
    {
        if (order < ParallelOrder)
        {
            new Span<double>(y, order).Clear();
            AddRows(0, order, order, a, stride, x, y);
            return;
        }

        Parallel.For(0, Strips, strip =>
        {
            var (from, to) = (StripStart(order, strip), StripStart(order, strip + 1));
            var sum = _partial.Pointer + ((nint)strip * _partialStride);
            new Span<double>(sum + from, order - from).Clear();
            AddRows(from, to, order, a, stride, x, sum);
        });
        VectorOperations.Copy(_partial.Pointer, y, order);
        for (var strip = 1; strip < Strips; strip++)
        {
            var from = StripStart(order, strip);
            VectorOperations.AddScaled(
                1, _partial.Pointer + ((nint)strip * _partialStride) + from, y + from, order - from);
        }
    }

    public void Dispose() => _partial.Dispose();

    /// <summary>The first row of a strip, such that all strips hold about as many stored elements.</summary>
    private static int StripStart(int order, int strip)
    {
        if (strip == Strips)
            return order;
        var start = order * (1 - Math.Sqrt(1 - ((double)strip / Strips)));
        return (int)start & ~3;
    }

    /// <summary>Adds to y what the stored elements of the rows from..to contribute; touches y[from..].</summary>
    private static void AddRows(int from, int to, int order, double* a, nint stride, double* x, double* y)
    {
        var i = from;
        for (; i <= to - 4; i += 4)
            AddFourRows(i, order, a + (i * stride), stride, x, y);
        for (; i < to; i++)
        {
            var row = a + (i * stride);
            var rest = order - i - 1;
            y[i] += (row[i] * x[i]) + VectorOperations.Dot(row + i + 1, x + i + 1, rest);
            VectorOperations.AddScaled(x[i], row + i + 1, y + i + 1, rest);
        }
    }

    private static void AddFourRows(int i, int order, double* r0, nint stride, double* x, double* y)
    {
        var r1 = r0 + stride;
        var r2 = r1 + stride;
        var r3 = r2 + stride;

        // The 4×4 triangle on the diagonal.
        y[i] += (r0[i] * x[i]) + (r0[i + 1] * x[i + 1]) + (r0[i + 2] * x[i + 2]) + (r0[i + 3] * x[i + 3]);
        y[i + 1] += (r0[i + 1] * x[i]) + (r1[i + 1] * x[i + 1]) + (r1[i + 2] * x[i + 2]) + (r1[i + 3] * x[i + 3]);
        y[i + 2] += (r0[i + 2] * x[i]) + (r1[i + 2] * x[i + 1]) + (r2[i + 2] * x[i + 2]) + (r2[i + 3] * x[i + 3]);
        y[i + 3] += (r0[i + 3] * x[i]) + (r1[i + 3] * x[i + 1]) + (r2[i + 3] * x[i + 2]) + (r3[i + 3] * x[i + 3]);

        var (x0, x1, x2, x3) =
            (Vector256.Create(x[i]), Vector256.Create(x[i + 1]), Vector256.Create(x[i + 2]), Vector256.Create(x[i + 3]));
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        var j = i + 4;
        for (; j <= order - 4; j += 4)
        {
            var xj = Vector256.Load(x + j);
            var (a0, a1, a2, a3) =
                (Vector256.Load(r0 + j), Vector256.Load(r1 + j), Vector256.Load(r2 + j), Vector256.Load(r3 + j));
            s0 = Vector256.FusedMultiplyAdd(a0, xj, s0);
            s1 = Vector256.FusedMultiplyAdd(a1, xj, s1);
            s2 = Vector256.FusedMultiplyAdd(a2, xj, s2);
            s3 = Vector256.FusedMultiplyAdd(a3, xj, s3);
            var yj = Vector256.FusedMultiplyAdd(a0, x0, Vector256.Load(y + j));
            yj = Vector256.FusedMultiplyAdd(a1, x1, yj);
            yj = Vector256.FusedMultiplyAdd(a2, x2, yj);
            Vector256.FusedMultiplyAdd(a3, x3, yj).Store(y + j);
        }

        y[i] += Vector256.Sum(s0);
        y[i + 1] += Vector256.Sum(s1);
        y[i + 2] += Vector256.Sum(s2);
        y[i + 3] += Vector256.Sum(s3);
        for (; j < order; j++)
        {
            y[i] += r0[j] * x[j];
            y[i + 1] += r1[j] * x[j];
            y[i + 2] += r2[j] * x[j];
            y[i + 3] += r3[j] * x[j];
            y[j] += (r0[j] * x[i]) + (r1[j] * x[i + 1]) + (r2[j] * x[i + 2]) + (r3[j] * x[i + 3]);
        }
    }
}
