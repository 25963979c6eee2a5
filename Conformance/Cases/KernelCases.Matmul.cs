using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Cases;

internal static partial class KernelCases
{
    /// <summary>Float sums of up to 200 products: their roundings add up like a walk, about sqrt(200) 2⁻²⁴, times a few for the
    /// worst of all elements.</summary>
    private const double SumLimit = 5e-6;

    private static readonly (int M, int N, int K)[] Products =
    [
        (640, 640, 33), (1024, 1024, 9), // enough for the GPU kernel's tiles of 64 x 64, with deep slices and with flat ones
        (1, 1, 1), (1, 7, 3), (3, 1, 8), (7, 9, 1), (8, 8, 8), (9, 31, 33), (31, 32, 7), (32, 33, 64), (33, 65, 9), (63, 64, 65),
        (65, 3, 127), (64, 127, 32), (127, 129, 31), (129, 200, 96), (1, 1000, 9), (2, 3, 4097), (0, 5, 3), (4, 0, 3),
        (13, 30, 128), (257, 259, 1022), (513, 131, 384), // rows that crowd a CPU's cache, few and many
    ];

    /// <summary>Enough for the GPU kernel's tiles of 128 x 64, and of 128 x 128.</summary>
    private static readonly (int M, int N, int K)[] LargeProducts = [(2048, 2048, 17), (2048, 3072, 9)];

    /// <summary>The same with rows of whole words, and of whole quads.</summary>
    private static readonly (int M, int N, int K)[] LargeHalfProducts = [(2048, 2048, 18), (2048, 3072, 12)];

    /// <summary>A few tokens by the layers of MiniLM, BERT-base and, in part, LLaMA-2.</summary>
    private static readonly (int M, int N, int K)[] ModelProducts =
    [
        (37, 384, 384), (37, 1536, 384), (20, 384, 1536), (12, 768, 768), (9, 3072, 768), (9, 768, 3072), (3, 1024, 11008),
    ];

    /// <summary>With and without rows of whole quads; a short depth, and one in parts; nothing at all; the GPU kernel's smaller tiles.</summary>
    private static readonly (int M, int N, int K)[] ActivatedProducts =
    [
        (2, 9, 128), (9, 31, 133), (33, 66, 130), (64, 128, 132), (129, 200, 160), (9, 31, 33), (7, 6, 802), (4, 0, 130), (37, 1536, 384),
        (640, 640, 128), (1024, 1024, 130),
    ];

    /// <summary>Its larger ones.</summary>
    private static readonly (int M, int N, int K)[] LargeActivatedProducts = [(2048, 2048, 128), (2048, 3072, 130)];

    private static IEnumerable<KernelCase> Matmuls()
    {
        foreach ((bool transposeA, bool transposeB) in new[] { (false, false), (false, true), (true, false) })
        {
            foreach ((int m, int n, int k) in Products)
            {
                foreach (bool withBias in Either)
                {
                    foreach (bool accumulate in Either)
                    {
                        yield return Matmul((m, n, k), transposeA, transposeB, withBias, accumulate);
                    }
                }
            }

            foreach ((int M, int N, int K) size in LargeProducts)
            {
                yield return Matmul(size, transposeA, transposeB, withBias: true, accumulate: true);
            }

            foreach ((int M, int N, int K) size in ActivatedProducts)
            {
                foreach (bool backward in Either)
                {
                    yield return Activated(size, transposeA, transposeB, backward, halves: null);
                }
            }

            // As a layer's forward pass and its input's gradient use them.
            foreach ((int M, int N, int K) size in transposeA ? [] : LargeActivatedProducts)
            {
                yield return Activated(size, transposeA, transposeB, backward: !transposeB, halves: null);
            }

            // As these and its weight's gradient do.
            foreach ((int m, int n, int k) in ModelProducts)
            {
                yield return Matmul((m, n, k), transposeA, transposeB, withBias: transposeB, accumulate: transposeA);
            }
        }
    }

    private static KernelCase Matmul((int M, int N, int K) size, bool transposeA, bool transposeB, bool withBias, bool accumulate)
    {
        (int m, int n, int k) = size;
        string form = (transposeA ? "At" : "A") + (transposeB ? "Bt" : "B");
        return new("Matmul", $"{form} m={m} n={n} k={k} bias={withBias} accumulate={accumulate}", run =>
        {
            Tensor a = transposeA ? run.Normal(k, m) : run.Normal(m, k);
            Tensor b = transposeB ? run.Normal(n, k) : run.Normal(k, n);
            Tensor c = accumulate ? run.Normal(m, n) : run.Blank(m, n);
            Tensor? bias = withBias ? run.Normal(1, n) : null;
            run.Kernels.Matmul(a, transposeA, b, transposeB, bias, c, accumulate);
            run.Compare("c", c, SumLimit);
        });
    }

    /// <summary>With a bias and then the GELU of it, or added to what is there and then multiplied by a GELU's derivative.</summary>
    public static KernelCase Activated((int M, int N, int K) size, bool transposeA, bool transposeB, bool backward, HalfFormat? halves)
    {
        (int m, int n, int k) = size;
        string form = (transposeA ? "At" : "A") + (transposeB ? "Bt" : "B");
        return new(halves is null ? "Matmul" : "MatmulHalves", $"{form} m={m} n={n} k={k}{(halves is null ? "" : $" {halves}")} GELU backward={backward}", run =>
        {
            Tensor a = transposeA ? run.Normal(k, m) : run.Normal(m, k);
            Tensor c = backward ? run.Normal(m, n) : run.Blank(m, n), beside = backward ? run.Normal(m, n) : run.Blank(m, n);
            Tensor? bias = backward ? null : run.Normal(1, n);
            Epilogue epilogue = backward ? Epilogue.GeluBackward(beside) : Epilogue.Gelu(beside);
            (int bRows, int bColumns) = transposeB ? (n, k) : (k, n);
            if (halves is HalfFormat format)
            {
                run.Kernels.MatmulHalves(a, transposeA, run.Halves(format, bRows, bColumns), format, transposeB, bias, c, backward, epilogue);
            }
            else
            {
                run.Kernels.Matmul(a, transposeA, run.Normal(bRows, bColumns), transposeB, bias, c, backward, epilogue);
            }

            run.Compare("c", c, SumLimit);
            run.Compare("beside", beside, SumLimit);
        });
    }

    private static IEnumerable<KernelCase> HalfMatmuls()
    {
        foreach ((bool transposeA, bool transposeB) in new[] { (false, false), (false, true), (true, false) })
        {
            foreach ((int m, int n, int k) in Products.Concat(LargeHalfProducts).Concat(ModelProducts).Where(size => (transposeB ? size.K : size.N) % 2 == 0))
            {
                foreach (HalfFormat format in Enum.GetValues<HalfFormat>())
                {
                    bool accumulate = format == HalfFormat.Float16;
                    string form = (transposeA ? "At" : "A") + (transposeB ? "Bt" : "B");
                    yield return new("MatmulHalves", $"{form} m={m} n={n} k={k} {format} accumulate={accumulate}", run =>
                    {
                        Tensor a = transposeA ? run.Normal(k, m) : run.Normal(m, k);
                        Tensor words = run.Halves(format, transposeB ? n : k, transposeB ? k : n);
                        Tensor c = accumulate ? run.Normal(m, n) : run.Blank(m, n);
                        run.Kernels.MatmulHalves(a, transposeA, words, format, transposeB, run.Normal(1, n), c, accumulate);
                        run.Compare("c", c, SumLimit);
                    });
                }
            }

            foreach ((int M, int N, int K) size in ActivatedProducts.Where(size => (transposeB ? size.K : size.N) % 2 == 0))
            {
                yield return Activated(size, transposeA, transposeB, backward: !transposeB, HalfFormat.BFloat16);
            }
        }
    }

    private static IEnumerable<KernelCase> Grams()
    {
        foreach ((int rows, int columns) in new[] { (1, 1), (3, 7), (9, 31), (33, 8), (64, 65), (32, 129), (129, 63), (1030, 9), (9, 1030), (2048, 5), (513, 128) })
        {
            foreach (bool transpose in Either)
            {
                yield return new("AccumulateGram", $"m={rows} n={columns} transpose={transpose}", run =>
                {
                    int size = transpose ? columns : rows;
                    Tensor gram = run.Normal(size, size);
                    run.Kernels.AccumulateGram(run.Normal(rows, columns), transpose, gram);
                    run.Kernels.AccumulateGram(run.Normal(rows, columns), transpose, gram);
                    double[] upper = [.. run.Read(gram).Where((_, place) => place % size >= place / size)];
                    run.Compare("gram", upper, SumLimit);
                });
            }
        }
    }

    private static IEnumerable<KernelCase> ColumnSums()
    {
        // 128 rows are summed at a time on software drivers, 8192 on GPUs, and so many sums again.
        foreach ((int rows, int columns) in Shapes.Concat([(0, 5), (128, 3), (129, 8), (300, 5), (20_000, 2), (8200, 8), .. ModelRows]))
        {
            foreach (bool product in Either)
            {
                foreach (bool accumulate in Either)
                {
                    yield return new("ColumnSum", $"rows={rows} columns={columns} b={product} accumulate={accumulate}", run =>
                    {
                        Tensor a = run.Normal(rows, columns);
                        Tensor? b = product ? run.Normal(rows, columns) : null;
                        Tensor total = accumulate ? run.Normal(1, columns) : run.Blank(1, columns);
                        run.Kernels.ColumnSum(a, b, total, accumulate);
                        run.Compare("total", total, SumLimit);
                    });
                }
            }
        }
    }
}
