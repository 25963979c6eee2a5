using System.Runtime.Intrinsics;

namespace VkSparseGrad.SparseGrad;

/// <summary>Operations on contiguous vectors of doubles.</summary>
internal static unsafe class VectorOperations
{
    /// <summary>The scalar product of <paramref name="x"/> and <paramref name="y"/>.</summary>
    internal static double Dot(double* x, double* y, int length)
    {
        // Four independent sums hide the latency of the multiply-add.
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        var i = 0;
        for (; i <= length - 16; i += 16)
        {
            s0 = Vector256.FusedMultiplyAdd(Vector256.Load(x + i), Vector256.Load(y + i), s0);
            s1 = Vector256.FusedMultiplyAdd(Vector256.Load(x + i + 4), Vector256.Load(y + i + 4), s1);
            s2 = Vector256.FusedMultiplyAdd(Vector256.Load(x + i + 8), Vector256.Load(y + i + 8), s2);
            s3 = Vector256.FusedMultiplyAdd(Vector256.Load(x + i + 12), Vector256.Load(y + i + 12), s3);
        }

        var sum = Vector256.Sum(s0 + s1 + (s2 + s3));
        for (; i < length; i++)
            sum = Math.FusedMultiplyAdd(x[i], y[i], sum);
        return sum;
    }

    /// <summary>y += factor·x.</summary>
    internal static void AddScaled(double factor, double* x, double* y, int length)
    {
        var f = Vector256.Create(factor);
        var i = 0;
        for (; i <= length - 4; i += 4)
            Vector256.FusedMultiplyAdd(f, Vector256.Load(x + i), Vector256.Load(y + i)).Store(y + i);
        for (; i < length; i++)
            y[i] = Math.FusedMultiplyAdd(factor, x[i], y[i]);
    }

    /// <summary>y += f·x + g·w, in one pass over y.</summary>
    internal static void AddScaled(double f, double* x, double g, double* w, double* y, int length)
    {
        var fv = Vector256.Create(f);
        var gv = Vector256.Create(g);
        var i = 0;
        for (; i <= length - 4; i += 4)
        {
            var sum = Vector256.FusedMultiplyAdd(fv, Vector256.Load(x + i), Vector256.Load(y + i));
            Vector256.FusedMultiplyAdd(gv, Vector256.Load(w + i), sum).Store(y + i);
        }

        for (; i < length; i++)
            y[i] = Math.FusedMultiplyAdd(g, w[i], Math.FusedMultiplyAdd(f, x[i], y[i]));
    }

    /// <summary>x *= factor.</summary>
    internal static void Scale(double factor, double* x, int length)
    {
        var f = Vector256.Create(factor);
        var i = 0;
        for (; i <= length - 4; i += 4)
            (f * Vector256.Load(x + i)).Store(x + i);
        for (; i < length; i++)
            x[i] *= factor;
    }

    /// <summary>The plane rotation (x, y) ← (c·x + s·y, c·y − s·x).</summary>
    internal static void Rotate(double c, double s, double* x, double* y, int length)
    {
        var cv = Vector256.Create(c);
        var sv = Vector256.Create(s);
        var i = 0;
        for (; i <= length - 4; i += 4)
        {
            var xi = Vector256.Load(x + i);
            var yi = Vector256.Load(y + i);
            ((cv * xi) + (sv * yi)).Store(x + i);
            ((cv * yi) - (sv * xi)).Store(y + i);
        }

        for (; i < length; i++)
        {
            var (xi, yi) = (x[i], y[i]);
            x[i] = (c * xi) + (s * yi);
            y[i] = (c * yi) - (s * xi);
        }
    }

    /// <summary>y ← x.</summary>
    internal static void Copy(double* x, double* y, int length) =>
        new ReadOnlySpan<double>(x, length).CopyTo(new Span<double>(y, length));
}
