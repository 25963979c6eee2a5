using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>Where in a matrix the large entries are.</summary>
public static class MagnitudeMap
{
    /// <summary>The share of rows, and of columns, with at least one entry above a threshold.</summary>
    /// <param name="shape">Of the matrix.</param>
    /// <param name="entries">Row-major.</param>
    /// <param name="threshold">A magnitude, as a share of the largest.</param>
    public static (double Rows, double Columns) ActiveShares(Shape shape, ReadOnlySpan<float> entries, double threshold)
    {
        double limit = threshold * Largest(entries);
        var rows = new bool[shape.Rows];
        var columns = new bool[shape.Columns];
        for (int i = 0; i < entries.Length; i++)
        {
            if (MathF.Abs(entries[i]) > limit)
            {
                rows[i / shape.Columns] = true;
                columns[i % shape.Columns] = true;
            }
        }

        return ((double)rows.Count(isActive => isActive) / shape.Rows, (double)columns.Count(isActive => isActive) / shape.Columns);
    }

    /// <summary>The largest magnitude.</summary>
    public static float Largest(ReadOnlySpan<float> entries)
    {
        float largest = 0;
        foreach (float entry in entries)
        {
            largest = MathF.Max(largest, MathF.Abs(entry));
        }

        return largest;
    }

    /// <summary>Makes a matrix smaller: each block of entries becomes its largest magnitude.</summary>
    /// <param name="shape">Of the matrix.</param>
    /// <param name="entries">Row-major.</param>
    /// <param name="block">Rows and columns of a block; those at the end may be smaller.</param>
    public static float[,] BlockMaxima(Shape shape, ReadOnlySpan<float> entries, Shape block)
    {
        var maxima = new float[(shape.Rows - 1) / block.Rows + 1, (shape.Columns - 1) / block.Columns + 1];
        for (int row = 0; row < shape.Rows; row++)
        {
            for (int column = 0; column < shape.Columns; column++)
            {
                ref float maximum = ref maxima[row / block.Rows, column / block.Columns];
                maximum = MathF.Max(maximum, MathF.Abs(entries[row * shape.Columns + column]));
            }
        }

        return maxima;
    }
}
