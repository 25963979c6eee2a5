namespace VkSparseGrad.Kernels.Reference;

/// <summary>The standard normal distribution, to about 1e-14 of the value; in the tail to x² roundings of the value.</summary>
internal static class NormalDistribution
{
    /// <summary>φ(x) = exp(-x²/2) / sqrt(2π).</summary>
    public static double Density(double x) => Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);

    /// <summary>Φ(x) = erfc(-x / √2) / 2.</summary>
    public static double Cumulative(double x) => x < 0
        ? 0.5 * ComplementaryErrorFunction(-x / Math.Sqrt(2))
        : 1 - 0.5 * ComplementaryErrorFunction(x / Math.Sqrt(2));

    /// <summary>erfc(x) for x of at least 0.</summary>
    /// <remarks>Below 1.5 the subtraction costs less than two digits; above, the fraction needs at most a hundred terms.</remarks>
    private static double ComplementaryErrorFunction(double x) => x < 1.5 ? 1 - Series(x) : ContinuedFraction(x);

    /// <summary>erf(x) = 2/√π exp(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (1·3···(2n+1)): all terms positive. DLMF 7.6.2.</summary>
    private static double Series(double x)
    {
        double term = x, sum = x;
        for (int n = 1; sum + term > sum; n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * ExpMinusSquare(x) * sum;
    }

    /// <summary>erfc(x) = exp(-x²)/√π · 1/(x + ½/(x + 1/(x + 3/2/(x + ...)))). Abramowitz and Stegun 7.1.14;
    /// evaluated from its end.</summary>
    private static double ContinuedFraction(double x)
    {
        // Depths at which the fraction has converged to a double: 100 at 1.5, 64 at 2, 32 at 3, 10 at 10.
        int depth = 20 + (int)(180 / (x * x));
        double denominator = x;
        for (int n = depth; n > 0; n--)
        {
            denominator = x + 0.5 * n / denominator;
        }

        return ExpMinusSquare(x) / (Math.Sqrt(Math.PI) * denominator);
    }

    /// <summary>exp(-x²), with the rounding error of the square put back: it would be magnified by x².</summary>
    private static double ExpMinusSquare(double x)
    {
        double square = x * x;
        if (double.IsInfinity(square))
        {
            return 0;
        }

        double error = Math.FusedMultiplyAdd(x, x, -square);
        return Math.Exp(-square) * (1 - error);
    }
}
