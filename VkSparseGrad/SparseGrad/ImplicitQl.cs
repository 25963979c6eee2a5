namespace VkSparseGrad.SparseGrad;

/// <summary>Eigendecomposition of a small symmetric tridiagonal matrix by the QL algorithm with implicit shifts.</summary>
/// <remarks>
/// A. Dubrulle, R. S. Martin and J. H. Wilkinson, "The implicit QL algorithm", Numer. Math. 12, 1968, with the shift of
/// Wilkinson.
/// </remarks>
internal static unsafe class ImplicitQl
{
    private const int SweepsPerEigenvalue = 60;
    private const double UnitRoundoff = 1.1102230246251565e-16;

    /// <summary>
    /// Replaces the diagonal by the eigenvalues (in no order) and applies the rotations to the rows of
    /// <paramref name="vectors"/>: where these are the identity, row k becomes the eigenvector of value k.
    /// </summary>
    /// <param name="order">The order of the matrix.</param>
    /// <param name="d">The diagonal.</param>
    /// <param name="e">The off-diagonal elements, <paramref name="order"/> − 1 of them; overwritten.</param>
    /// <param name="negligible">Off-diagonal elements up to this size are taken as zero.</param>
    /// <param name="vectors">The rows to rotate.</param>
    /// <param name="stride">Their row stride.</param>
    internal static void Decompose(int order, double* d, double* e, double negligible, double* vectors, nint stride)
    {
        for (var first = 0; first < order; first++)
        for (var sweep = 0; ; sweep++)
        {
            var last = first;
            while (last < order - 1 && !IsNegligible(d, e, last, negligible))
                last++;
            if (last == first)
                break;
            if (sweep == SweepsPerEigenvalue)
                throw new ArithmeticException(
                    $"The QL iteration found no eigenvalue of a tridiagonal block of order {order} in {sweep} sweeps.");
            Sweep(first, last, order, d, e, vectors, stride);
        }
    }

    private static bool IsNegligible(double* d, double* e, int k, double negligible)
    {
        var size = Math.Abs(e[k]);
        return size <= negligible || size <= UnitRoundoff * (Math.Abs(d[k]) + Math.Abs(d[k + 1]));
    }

    /// <summary>One sweep from the end of an unreduced block up to its beginning, chasing the bulge.</summary>
    private static void Sweep(int first, int last, int order, double* d, double* e, double* vectors, nint stride)
    {
        var half = (d[first + 1] - d[first]) / (2 * e[first]);
        var root = double.Hypot(half, 1);
        var bulge = d[last] - d[first] + (e[first] / (half + Math.CopySign(root, half)));
        var (sine, cosine, shift) = (1.0, 1.0, 0.0);
        for (var i = last - 1; i >= first; i--)
        {
            var f = sine * e[i];
            var b = cosine * e[i];
            var r = double.Hypot(f, bulge);
            if (i + 1 < last)
                e[i + 1] = r;
            if (r == 0)
            {
                // The block has split below i: undo the pending shift, and let the caller look for the split.
                d[i + 1] -= shift;
                return;
            }

            sine = f / r;
            cosine = bulge / r;
            bulge = d[i + 1] - shift;
            r = ((d[i] - bulge) * sine) + (2 * cosine * b);
            shift = sine * r;
            d[i + 1] = bulge + shift;
            bulge = (cosine * r) - b;
            VectorOperations.Rotate(cosine, -sine, vectors + (i * stride), vectors + ((i + 1) * stride), order);
        }

        d[first] -= shift;
        e[first] = bulge;
    }
}
