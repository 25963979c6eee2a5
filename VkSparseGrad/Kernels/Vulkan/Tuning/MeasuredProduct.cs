namespace VkSparseGrad.Kernels.Vulkan.Tuning;

/// <summary>A product that stands for those of about its size when tiles are measured.</summary>
/// <param name="TransposeA">Whether the left operand is transposed.</param>
/// <param name="TransposeB">Whether the right one is.</param>
/// <param name="M">Rows of c.</param>
/// <param name="N">Columns of c.</param>
/// <param name="K">The inner dimension.</param>
internal readonly record struct MeasuredProduct(bool TransposeA, bool TransposeB, int M, int N, int K)
{
    // Tokens of a batch and widths of models.
    private static readonly int[] Outer = [128, 256, 512, 768, 1024, 1536, 2048];
    private static readonly int[] Inner = [256, 1024, 4096];

    /// <summary>All that are measured. A product of two transposed operands is in no model.</summary>
    public static IReadOnlyList<MeasuredProduct> All { get; } =
    [
        .. from form in new[] { (A: false, B: true), (A: false, B: false), (A: true, B: false) }
           from m in Outer
           from n in Outer
           from k in Inner
           select new MeasuredProduct(form.A, form.B, m, n, k),
    ];

    /// <summary>The one that is nearest by ratio, or null where c is much smaller or larger than all: there another tile may be best.</summary>
    public static MeasuredProduct? Nearest(bool transposeA, bool transposeB, (int M, int N, int K) size) => IsNear(size.M) && IsNear(size.N)
        ? new(transposeA, transposeB, Nearest(Outer, size.M), Nearest(Outer, size.N), Nearest(Inner, size.K))
        : null;

    /// <summary>Such as <c>nt_2048_768_1024</c>: n or t for each operand, then rows of c, columns of c and the inner dimension.</summary>
    public override string ToString() => FormattableString.Invariant($"{(TransposeA ? 't' : 'n')}{(TransposeB ? 't' : 'n')}_{M}_{N}_{K}");

    /// <summary>Whether it is as near to the first or the last as two neighbours may be to each other.</summary>
    private static bool IsNear(int size) => 2L * size * size >= Outer[0] * Outer[0] && (long)size * size <= 2L * Outer[^1] * Outer[^1];

    private static int Nearest(int[] sizes, int size)
    {
        int i = 0;
        while (i + 1 < sizes.Length && (long)size * size > (long)sizes[i] * sizes[i + 1])
        {
            i++;
        }

        return sizes[i];
    }
}
