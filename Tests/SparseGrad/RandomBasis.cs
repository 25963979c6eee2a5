using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.Tests.SparseGrad;

/// <summary>Bases as the preliminary phase makes them.</summary>
internal static class RandomBasis
{
    /// <summary>The eigenvectors of a random symmetric matrix, as rows.</summary>
    public static float[] Orthogonal(int n)
    {
        var random = new Random(n);
        double[] matrix = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
                matrix[i * n + j] = matrix[j * n + i] = random.NextDouble() - 0.5;
        }

        return Array.ConvertAll(SymmetricEigen.Decompose(matrix, n).Vectors, value => (float)value);
    }
}
