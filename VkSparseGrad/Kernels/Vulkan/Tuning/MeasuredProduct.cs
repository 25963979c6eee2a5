using System.Globalization;

namespace VkSparseGrad.Kernels.Vulkan.Tuning;

/// <summary>A product that stands for those of its form and widths with about as many tokens when tiles are measured. How well tiles fill a
/// GPU depends on the very widths, which are few in a model; tokens are other ones in every batch.</summary>
/// <param name="TransposeA">Whether the left operand is transposed.</param>
/// <param name="TransposeB">Whether the right one is.</param>
/// <param name="M">Rows of c: tokens, unless the left operand is transposed.</param>
/// <param name="N">Columns of c.</param>
/// <param name="K">The inner dimension: tokens if the left operand is transposed.</param>
internal readonly record struct MeasuredProduct(bool TransposeA, bool TransposeB, int M, int N, int K)
{
    private const int TokenStep = 128;
    private const int MostTokens = 4096;

    /// <summary>Where there is less of c, or of tokens, there is one tile or little more. At least a half of the step, which rounds up.</summary>
    private const int LeastSide = TokenStep / 2;

    /// <summary>Operands and product together, in floats. Larger ones fill any GPU by the rule.</summary>
    private const int MostFloats = 16 << 20;

    /// <summary>The layers of all-MiniLM, BERT-base and BERT-large: hidden and intermediate size.</summary>
    private static readonly (int Hidden, int Intermediate)[] Layers = [(384, 1536), (768, 3072), (1024, 4096)];

    /// <summary>What is measured where nothing is known of a model: the layers of well-known ones, up to 2,048 tokens.</summary>
    public static IReadOnlyList<MeasuredProduct> All { get; } =
    [
        .. from layer in Layers
           from width in new (int Out, int In)[] { (layer.Hidden, layer.Hidden), (layer.Intermediate, layer.Hidden), (layer.Hidden, layer.Intermediate) }
           from tokens in Enumerable.Range(1, 2048 / TokenStep).Select(step => step * TokenStep)
           from product in new MeasuredProduct[]
           {
               new(false, true, tokens, width.Out, width.In), new(false, false, tokens, width.In, width.Out), new(true, false, width.Out, width.In, tokens),
           }
           select product,
    ];

    /// <summary>The one that stands for a product; null for those that go by the rule.</summary>
    public static MeasuredProduct? Of(bool transposeA, bool transposeB, (int M, int N, int K) size)
    {
        (int m, int n, int k) = size;
        int tokens = transposeA ? k : m;
        if (Math.Min(Math.Min(m, n), tokens) < LeastSide || tokens > MostTokens)
        {
            return null;
        }

        int rounded = (tokens + TokenStep / 2) / TokenStep * TokenStep;
        (m, k) = transposeA ? (m, rounded) : (rounded, k);
        return ((long)m * k) + ((long)n * k) + ((long)m * n) <= MostFloats ? new(transposeA, transposeB, m, n, k) : null;
    }

    /// <summary>Reads what <see cref="ToString"/> writes; null for anything else, and for what stands for nothing.</summary>
    public static MeasuredProduct? Parse(string name)
    {
        string[] parts = name.Split('_');
        (bool A, bool B)? form = parts[0] switch { "nt" => (false, true), "nn" => (false, false), "tn" => (true, false), _ => null };
        return form is (bool a, bool b) && parts.Length == 4 && TryRead(parts[1], out int m) && TryRead(parts[2], out int n) && TryRead(parts[3], out int k) &&
            Of(a, b, (m, n, k)) is MeasuredProduct product && product.ToString() == name
            ? product
            : null;

        static bool TryRead(string text, out int size) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size);
    }

    /// <summary>Such as <c>nt_2048_768_3072</c>: n or t for each operand, then rows of c, columns of c and the inner dimension.</summary>
    public override string ToString() => FormattableString.Invariant($"{(TransposeA ? 't' : 'n')}{(TransposeB ? 't' : 'n')}_{M}_{N}_{K}");
}
