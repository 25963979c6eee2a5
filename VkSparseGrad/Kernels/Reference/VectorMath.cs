using System.Numerics;
using System.Runtime.InteropServices;

namespace VkSparseGrad.Kernels.Reference;

/// <summary>The two inner loops of matrix products.</summary>
internal static class VectorMath
{
    /// <summary>Σ x[i] y[i].</summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        ReadOnlySpan<Vector<double>> xs = MemoryMarshal.Cast<double, Vector<double>>(x);
        ReadOnlySpan<Vector<double>> ys = MemoryMarshal.Cast<double, Vector<double>>(y[..x.Length]);

        // Two sums in flight: a single one would wait for each addition to finish.
        Vector<double> even = default, odd = default;
        int i = 0;
        for (; i + 1 < xs.Length; i += 2)
        {
            even += xs[i] * ys[i];
            odd += xs[i + 1] * ys[i + 1];
        }

        if (i < xs.Length)
        {
            even += xs[i] * ys[i];
        }

        double sum = Vector.Sum(even + odd);
        for (int rest = xs.Length * Vector<double>.Count; rest < x.Length; rest++)
        {
            sum += x[rest] * y[rest];
        }

        return sum;
    }

    /// <summary>y[i] += factor * x[i].</summary>
    public static void AddScaled(double factor, ReadOnlySpan<double> x, Span<double> y)
    {
        ReadOnlySpan<Vector<double>> xs = MemoryMarshal.Cast<double, Vector<double>>(x);
        Span<Vector<double>> ys = MemoryMarshal.Cast<double, Vector<double>>(y[..x.Length]);
        for (int i = 0; i < xs.Length; i++)
        {
            ys[i] += factor * xs[i];
        }

        for (int rest = xs.Length * Vector<double>.Count; rest < x.Length; rest++)
        {
            y[rest] += factor * x[rest];
        }
    }
}
