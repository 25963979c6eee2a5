using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Cases;

internal static partial class KernelCases
{
    /// <summary>Two float sums over a row, a subtraction that cancels, and a reciprocal root of a few units. The epsilon of the
    /// cases is large enough that a short row of near-equal values does not magnify them.</summary>
    private const double NormalizationLimit = 2e-5;

    /// <summary>A product and a sum, each rounded.</summary>
    private const double AffineLimit = 3e-7;

    /// <summary>Two products and their difference, each rounded.</summary>
    private const double RotationLimit = 3e-7;

    private const float CaseEpsilon = 1e-2f;

    private static (int Rows, int Columns)[] NormShapes =>
    [
        (1, 1), (7, 3), (3, 8), (9, 31), (1, 32), (8, 33), (63, 7), (33, 64), (2, 65), (65, 127), (2, 128), (3, 129), (2, 1000),
        (1, 4097), (0, 5), .. ModelRows,
    ];

    private static IEnumerable<KernelCase> LayerNorms()
    {
        foreach ((int rows, int columns) in NormShapes)
        {
            foreach (bool flag in Either)
            {
                foreach (Dropout dropout in new[] { Dropout.None, Probabilities[1] })
                {
                    yield return new("LayerNorm", $"rows={rows} columns={columns} residual={flag} {Text(dropout)}", run =>
                        LayerNorm(run, rows, columns, withResidual: flag, dropout, inPlace: false));
                    yield return new("LayerNormBackward", $"rows={rows} columns={columns} inPlace={flag} {Text(dropout)}", run =>
                        LayerNormBackward(run, rows, columns, inPlace: flag, dropout));
                }
            }

            foreach (Dropout dropout in new[] { Dropout.None, Probabilities[1] })
            {
                yield return new("LayerNorm", $"rows={rows} columns={columns} {Text(dropout)} in place", run =>
                    LayerNorm(run, rows, columns, withResidual: true, dropout, inPlace: true));
            }

            foreach (bool inPlace in Either)
            {
                yield return new("Affine", $"rows={rows} columns={columns} inPlace={inPlace}", run =>
                {
                    Tensor x = run.Normal(rows, columns), y = inPlace ? x : run.Blank(rows, columns);
                    // Far from zero, so that sum and product do not cancel.
                    Tensor bias = run.Matrix(1, columns, Array.ConvertAll(run.Generator.Normal(columns), value => value + 10));
                    run.Kernels.Affine(x, run.Normal(1, columns), bias, y);
                    run.Compare("y", y, AffineLimit);
                });
            }
        }
    }

    private static void LayerNorm(CaseRun run, int rows, int columns, bool withResidual, Dropout dropout, bool inPlace)
    {
        // A mean far from zero: a variance computed as the mean square less the squared mean would lose digits.
        float[] values = Array.ConvertAll(run.Generator.Normal((long)rows * columns), value => value + 10);
        Tensor x = run.Matrix(rows, columns, values);
        Tensor? residual = withResidual ? run.Normal(rows, columns) : null;
        Tensor gain = run.Normal(1, columns), bias = run.Normal(1, columns);
        Tensor y = run.Blank(rows, columns), normalized = inPlace ? x : run.Blank(rows, columns), inverse = run.Blank(1, rows);
        run.Kernels.LayerNorm(x, residual, gain, bias, CaseEpsilon, dropout, y, normalized, inverse);
        run.Compare("y", y, NormalizationLimit);
        run.Compare("normalized", normalized, NormalizationLimit);
        run.Compare("inverseDeviation", inverse, NormalizationLimit);
    }

    private static void LayerNormBackward(CaseRun run, int rows, int columns, bool inPlace, Dropout dropout)
    {
        Tensor dy = run.Normal(rows, columns), normalized = run.Normal(rows, columns), gain = run.Normal(1, columns);
        Tensor inverse = run.Matrix(1, rows, Array.ConvertAll(run.Generator.Normal(rows), value => 0.5f + MathF.Abs(value)));
        Tensor dResidual = inPlace ? dy : run.Blank(rows, columns);
        Tensor? dx = dropout.Enabled ? run.Blank(rows, columns) : null;
        run.Kernels.LayerNormBackward(dy, normalized, inverse, gain, dropout, dResidual, dx);
        run.Compare("dResidual", dResidual, NormalizationLimit);
        if (dx is not null)
        {
            run.Compare("dx", dx, NormalizationLimit);
        }
    }

    private static IEnumerable<KernelCase> RmsNorms()
    {
        foreach ((int rows, int columns) in NormShapes)
        {
            yield return new("RmsNorm", $"rows={rows} columns={columns}", run =>
            {
                Tensor x = run.Normal(rows, columns), y = run.Blank(rows, columns), inverse = run.Blank(1, rows);
                run.Kernels.RmsNorm(x, run.Normal(1, columns), CaseEpsilon, y, inverse);
                run.Compare("y", y, NormalizationLimit);
                run.Compare("inverseRoot", inverse, NormalizationLimit);
            });
            foreach (bool accumulate in Either)
            {
                foreach (bool keep in Either)
                {
                    yield return new("RmsNormBackward", $"rows={rows} columns={columns} accumulate={accumulate} normalized={keep}", run =>
                        RmsNormBackward(run, rows, columns, accumulate, keep));
                }
            }
        }
    }

    private static void RmsNormBackward(CaseRun run, int rows, int columns, bool accumulate, bool keep)
    {
        Tensor dy = run.Normal(rows, columns), x = run.Normal(rows, columns), gain = run.Normal(1, columns);
        Tensor inverse = run.Matrix(1, rows, Array.ConvertAll(run.Generator.Normal(rows), value => 0.5f + MathF.Abs(value)));
        Tensor dx = accumulate ? run.Normal(rows, columns) : run.Blank(rows, columns);
        Tensor? normalized = keep ? run.Blank(rows, columns) : null;
        run.Kernels.RmsNormBackward(dy, x, inverse, gain, dx, accumulate, normalized);
        run.Compare("dx", dx, NormalizationLimit);
        if (normalized is not null)
        {
            run.Compare("normalized", normalized, NormalizationLimit);
        }
    }

    private static IEnumerable<KernelCase> Rotations()
    {
        foreach ((int rows, int heads, int width) in new[]
        {
            (1, 1, 2), (7, 3, 4), (5, 2, 6), (9, 1, 8), (33, 4, 16), (3, 5, 18), (65, 2, 64), (17, 3, 126), (9, 32, 128), (0, 2, 4),
        })
        {
            foreach (bool inverse in Either)
            {
                foreach (bool inPlace in Either)
                {
                    yield return new("Rotate", $"rows={rows} columns={heads * width} width={width} inverse={inverse} inPlace={inPlace}", run =>
                    {
                        Tensor x = run.Normal(rows, heads * width), y = inPlace ? x : run.Blank(rows, heads * width);
                        run.Kernels.Rotate(x, run.Normal(11, width), run.Ids(RandomIds(run, rows, 11)), inverse, y);
                        run.Compare("y", y, RotationLimit);
                    });
                }
            }
        }
    }

    private static IEnumerable<KernelCase> Embeddings()
    {
        foreach ((int ids, int columns) in new[] { (1, 1), (7, 3), (9, 8), (64, 31), (33, 64), (3, 129), (129, 65), (2, 1000), (1, 4097), (3, 2052), (37, 384), (20, 768) })
        {
            foreach (bool accumulate in Either)
            {
                yield return new("GatherRows", $"ids={ids} columns={columns} accumulate={accumulate}", run =>
                {
                    Tensor table = run.Normal(11, columns), y = accumulate ? run.Normal(ids, columns) : run.Blank(ids, columns);
                    run.Kernels.GatherRows(table, run.Ids(RandomIds(run, ids, 11)), y, accumulate);
                    run.Compare("y", y, Exact);
                });
            }

            int words = (columns + 1) / 2;
            foreach (HalfFormat format in Enum.GetValues<HalfFormat>())
            {
                foreach (bool accumulate in Either)
                {
                    yield return new("GatherHalves", $"ids={ids} columns={2 * words} format={format} accumulate={accumulate}", run =>
                    {
                        Tensor table = run.Own(run.Kernels.Allocate(new Shape(11, words), DType.UInt32, MemoryCategory.Scratch));
                        Tensor y = accumulate ? run.Normal(ids, 2 * words) : run.Blank(ids, 2 * words);

                        // What is added is finite: below 2 without the exponent's first bit.
                        uint mask = accumulate ? 0xBFFF_BFFF : uint.MaxValue;
                        run.Kernels.Upload([.. Enumerable.Range(0, 11 * words).Select(_ => (uint)run.Generator.NextBits() & mask)], table);
                        run.Kernels.GatherHalves(table, format, run.Ids(RandomIds(run, ids, 11)), y, accumulate);
                        run.Compare("y", y, accumulate ? FunctionLimit : Exact);
                    });
                }
            }

            foreach (int vocabulary in new[] { 2, 100 })
            {
                yield return new("ScatterAddRows", $"ids={ids} columns={columns} vocabulary={vocabulary}", run =>
                {
                    RowSegments segments = run.Own(RowSegments.Create(run.Kernels, RandomIds(run, ids, vocabulary)));
                    Tensor dTable = run.Normal(vocabulary, columns);
                    run.Kernels.ScatterAddRows(run.Normal(ids, columns), segments, dTable);
                    run.Compare("dTable", dTable, SumLimit);
                });
            }
        }

        // 10,000 places of one id: a float sum in order errs by up to 1e4 roundings of the running total.
        yield return new("ScatterAddRows", "ids=10000 of one row", run =>
        {
            RowSegments segments = run.Own(RowSegments.Create(run.Kernels, new uint[10_000]));
            Tensor dTable = run.Matrix(2, 1, 0, 5);
            float[] dy = [.. Enumerable.Range(0, 10_000).Select(i => 1e-3f * i)];
            run.Kernels.ScatterAddRows(run.Matrix(10_000, 1, dy), segments, dTable);
            run.Compare("dTable", dTable, 1e-4);
        });
    }

    private static uint[] RandomIds(CaseRun run, int count, int bound) =>
        [.. Enumerable.Range(0, count).Select(_ => (uint)run.Generator.NextInt(bound))];
}
