using System.Globalization;

namespace VkSparseGrad.Tensors;

/// <summary>The two dimensions of a tensor, row-major. A vector of n elements is 1 x n.</summary>
/// <remarks>Batches are packed (the rows of all sequences, one after another), so two dimensions are enough.</remarks>
/// <param name="Rows">Number of rows, at least 0.</param>
/// <param name="Columns">Number of columns, at least 0; the last, contiguous axis.</param>
public readonly record struct Shape(int Rows, int Columns)
{
    /// <summary>Number of elements.</summary>
    public long Length => (long)Rows * Columns;

    /// <summary>The shape of a vector.</summary>
    public static Shape Vector(int length) => new(1, length);

    /// <summary>The shape with rows and columns exchanged.</summary>
    public Shape Transposed => new(Columns, Rows);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"[{Rows}, {Columns}]");
}
