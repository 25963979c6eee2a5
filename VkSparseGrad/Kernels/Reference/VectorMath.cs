using System.Numerics.Tensors;

namespace VkSparseGrad.Kernels.Reference;

/// <summary>Inner loops.</summary>
internal static class VectorMath
{
    /// <summary>Σ x[i] y[i].</summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => TensorPrimitives.Dot(x, y);

    /// <summary>y[i] += factor * x[i].</summary>
    public static void AddScaled(double factor, ReadOnlySpan<double> x, Span<double> y) =>
        TensorPrimitives.MultiplyAdd(x, factor, y, y);

    /// <summary>sum[i] = x[i] + y[i].</summary>
    public static void Add(ReadOnlySpan<double> x, ReadOnlySpan<double> y, Span<double> sum) => TensorPrimitives.Add(x, y, sum);

    /// <summary>y[i] = factor * x[i].</summary>
    public static void Scale(double factor, ReadOnlySpan<double> x, Span<double> y) => TensorPrimitives.Multiply(x, factor, y);
}
