using VkSparseGrad.Tensors;

namespace VkSparseGrad.SparseGrad;

/// <summary>
/// Reduction of a symmetric matrix to a tridiagonal one by Householder reflections, A = Q·T·Qᵀ, in panels, so that half of
/// the work is matrix products.
/// </summary>
/// <remarks>
/// J. J. Dongarra, D. C. Sorensen and S. J. Hammarling, "Block reduction of matrices to condensed forms for eigenvalue
/// computations", J. Comput. Appl. Math. 27, 1989: the reflections of a panel are collected as
/// A − V·Wᵀ − W·Vᵀ, and applied to the rest of the matrix at the panel's end. The single reflection follows G. Golub and
/// C. Van Loan, "Matrix Computations", 4th ed., section 5.1.
/// </remarks>
internal sealed unsafe class Tridiagonalization
{
    private const int PanelWidth = 32;

    // A vector whose elements are all below this (the matrix is scaled to a greatest element near one) is taken as zero.
    // The squares would underflow, and the change is far below the rounding error of the matrix.
    private const double Negligible = 1e-140;

    private readonly int _order;
    private readonly HostBuffer<double> _matrix;
    private readonly int _stride;
    private readonly double[] _scales;

    /// <summary>
    /// Reduces a matrix of which the upper triangle is read. All of it is overwritten, and then holds the reflections: it
    /// must outlive this object.
    /// </summary>
    internal Tridiagonalization(HostBuffer<double> matrix, int stride, int order, CancellationToken cancellation)
    {
        (_order, _matrix, _stride) = (order, matrix, stride);
        _scales = new double[order];
        Diagonal = new double[order];
        OffDiagonal = new double[order];
        Reduce(cancellation);
    }

    /// <summary>The diagonal of T.</summary>
    internal double[] Diagonal { get; }

    /// <summary>The elements beside the diagonal of T: the k-th couples k and k + 1; the last is zero.</summary>
    internal double[] OffDiagonal { get; }

    /// <summary>The number of reflections.</summary>
    internal int Reflections => Math.Max(0, _order - 2);

    /// <summary>
    /// The factor τ of the k-th reflection I − τ·v·vᵀ. v is zero up to element k, one at k + 1, and lies in row k beyond
    /// (see <see cref="Tail"/>).
    /// </summary>
    internal double Scale(int k) => _scales[k];

    /// <summary>The elements of the k-th reflection's vector from k + 2 on.</summary>
    internal ReadOnlySpan<double> Tail(int k) => new(Row(k) + k + 2, _order - k - 2);

    private double* Row(int row) => _matrix.Pointer + ((nint)row * _stride);

    private void Reduce(CancellationToken cancellation)
    {
        // The rows are V, W and again V, each PanelWidth of them: the update's left factor is then the first two thirds,
        // its right factor the last two.
        using var panel = new HostBuffer<double>((long)3 * PanelWidth * _stride);
        using var product = new SymmetricVectorProduct(_order);
        for (var first = 0; first < _order; first += PanelWidth)
        {
            cancellation.ThrowIfCancellationRequested();
            var width = Math.Min(PanelWidth, _order - first);
            for (var k = 0; k < width; k++)
                ReduceRow(first, k, width, panel.Pointer, product);
            var rest = _order - first - width;
            if (rest == 0)
                return;
            var corner = panel.Pointer + first + width;
            for (var k = 0; k < width; k++)
                VectorOperations.Copy(
                    corner + ((nint)k * _stride), corner + ((nint)((2 * width) + k) * _stride), rest);
            MatrixProduct.Multiply(
                rest, rest, 2 * width, -1, new StridedMatrix(corner, 1, _stride),
                new StridedMatrix(corner + ((nint)width * _stride), _stride, 1), Row(first + width) + first + width,
                _stride, accumulate: true, upperOnly: true);
        }
    }

    private void ReduceRow(int first, int k, int width, double* panel, SymmetricVectorProduct product)
    {
        var row = first + k;
        var a = Row(row) + row;
        var length = _order - row;
        for (var p = 0; p < k; p++)
        {
            var v = panel + ((nint)p * _stride) + row;
            var w = panel + ((nint)(width + p) * _stride) + row;
            VectorOperations.AddScaled(-w[0], v, -v[0], w, a, length);
        }

        Diagonal[row] = a[0];
        if (length == 1)
            return;
        (OffDiagonal[row], _scales[row]) = Reflect(a + 1, length - 1);

        var vk = panel + ((nint)k * _stride) + row + 1;
        var wk = panel + ((nint)(width + k) * _stride) + row + 1;
        VectorOperations.Copy(a + 1, vk, length - 1);
        vk[0] = 1;
        // Column `row` is done: the update must leave it alone, for this reflection and in this panel.
        vk[-1] = wk[-1] = 0;
        if (_scales[row] == 0)
        {
            new Span<double>(vk, length - 1).Clear();
            new Span<double>(wk, length - 1).Clear();
            return;
        }

        // w = τ·(A·v − V·Wᵀ·v − W·Vᵀ·v), then w −= ½·τ·(wᵀv)·v.
        product.Multiply(length - 1, Row(row + 1) + row + 1, _stride, vk, wk);
        for (var p = 0; p < k; p++)
        {
            var v = panel + ((nint)p * _stride) + row + 1;
            var w = panel + ((nint)(width + p) * _stride) + row + 1;
            var wv = VectorOperations.Dot(w, vk, length - 1);
            var vv = VectorOperations.Dot(v, vk, length - 1);
            VectorOperations.AddScaled(-wv, v, -vv, w, wk, length - 1);
        }

        var scale = _scales[row];
        VectorOperations.Scale(scale, wk, length - 1);
        var half = -0.5 * scale * VectorOperations.Dot(wk, vk, length - 1);
        VectorOperations.AddScaled(half, vk, wk, length - 1);
    }

    /// <summary>
    /// Finds the reflection I − τ·v·vᵀ with v₀ = 1 that takes x to (β, 0, …, 0), and leaves the rest of v in x.
    /// </summary>
    private static (double Beta, double Scale) Reflect(double* x, int length)
    {
        var greatest = 0.0;
        for (var i = 1; i < length; i++)
            greatest = Math.Max(greatest, Math.Abs(x[i]));
        if (greatest < Negligible)
            return (x[0], 0);
        var squares = VectorOperations.Dot(x + 1, x + 1, length - 1);
        var norm = Math.Sqrt((x[0] * x[0]) + squares);
        var beta = x[0] > 0 ? -norm : norm;
        var scale = (beta - x[0]) / beta;
        VectorOperations.Scale(1 / (x[0] - beta), x + 1, length - 1);
        return (beta, scale);
    }
}
