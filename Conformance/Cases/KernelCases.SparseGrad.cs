using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Cases;

internal static partial class KernelCases
{
    /// <summary>Rows, basis vectors, their length, and how many places are taken.</summary>
    private static readonly (int Rows, int Vectors, int Columns, int K)[] SparseShapes =
        [
            (1, 1, 1, 1), (3, 7, 7, 1), (3, 7, 7, 21), (8, 9, 9, 20), (32, 129, 129, 41), (64, 65, 65, 900), (127, 63, 63, 800),
            (2, 1000, 1000, 7), (1, 4097, 4097, 3), (384, 1536, 1536, 5898), (3, 1, 7, 2), (8, 3, 9, 20), (31, 16, 33, 10), (1, 1, 128, 1),
            (9, 100, 4097, 31), (384, 192, 1536, 5898),
        ];

    private static IEnumerable<KernelCase> TopKs()
    {
        foreach ((int rows, int columns) in Shapes.Concat([(96, 200), (129, 257), (384, 1536)]))
        {
            int length = rows * columns;
            foreach (int k in new[] { 1, Math.Max(1, length / 100), (length + 1) / 2, length }.Distinct())
            {
                yield return new("TopK", $"rows={rows} columns={columns} k={k}", run =>
                    TopK(run, rows, columns, k, run.Generator.Normal(length)));
                yield return new("TopK", $"rows={rows} columns={columns} k={k} ties", run =>
                    TopK(run, rows, columns, k, Ties(run, length)));
            }
        }

        yield return new("TopK", "all zero", run => TopK(run, 9, 31, 7, new float[9 * 31]));
        yield return new("TopK", "all equal", run => TopK(run, 33, 65, 700, [.. Enumerable.Repeat(-2.5f, 33 * 65)]));
        yield return new("TopK", "alternating sign", run =>
            TopK(run, 33, 65, 700, [.. Enumerable.Range(0, 33 * 65).Select(i => i % 2 == 0 ? 1f : -1f)]));
        yield return new("TopK", "neighbouring floats", run =>
            TopK(run, 33, 65, 21, [.. Enumerable.Range(0, 33 * 65).Select(_ =>
                BitConverter.Int32BitsToSingle(0x3f800000 + run.Generator.NextInt(50)))]));
        yield return new("TopK", "all magnitudes", run =>
            TopK(run, 33, 65, 2000, [.. Enumerable.Range(0, 33 * 65).Select(_ => MathF.Pow(10, run.Generator.NextInt(76) - 38))]));
        yield return new("TopK", "several matrices", SeveralTopKs);
    }

    private static float[] Ties(CaseRun run, int length)
    {
        float[] choices = [0, -0f, 1, -1, 2, -2, 0.5f];
        return [.. Enumerable.Range(0, length).Select(_ => choices[run.Generator.NextInt(choices.Length)])];
    }

    private static void TopK(CaseRun run, int rows, int columns, int k, float[] c)
    {
        Tensor indices = run.BlankIds(k), values = run.Blank(1, k);
        run.Kernels.TopK([new(run.Matrix(rows, columns, c), indices, values)]);
        run.Compare("indices", indices, Exact);
        run.Compare("values", values, Exact);
    }

    /// <summary>Matrices of unlike sizes, chosen from together; so many that they bind more ranges than a <c>HazardTracker</c> holds.</summary>
    private static void SeveralTopKs(CaseRun run)
    {
        var choices = new TopKChoice[45];
        for (int i = 0; i < choices.Length; i++)
        {
            (int rows, int columns) = (1 + i * 7 % 40, 1 + i * 31 % 300);
            int k = 1 + i * 97 % (rows * columns);
            choices[i] = new(run.Matrix(rows, columns, Ties(run, rows * columns)), run.BlankIds(k), run.Blank(1, k));
        }

        run.Kernels.TopK(choices);
        for (int i = 0; i < choices.Length; i++)
        {
            run.Compare($"indices of matrix {i}", choices[i].Indices, Exact);
            run.Compare($"values of matrix {i}", choices[i].Values, Exact);
        }
    }

    private static IEnumerable<KernelCase> SparseAdams()
    {
        foreach ((int rows, int columns, int k) in new[] { (1, 1, 1), (3, 7, 1), (8, 8, 64), (9, 31, 33), (33, 129, 65) })
        {
            yield return new("SparseAdam", $"rows={rows} columns={columns} k={k}", run =>
                SparseAdam(run, rows, columns, k, factor: 0.75f, UpdateLimit));
            yield return new("SparseAdam", $"rows={rows} columns={columns} k={k} clip=NaN", run =>
                SparseAdam(run, rows, columns, k, float.NaN, Exact));
        }
    }

    private static void SparseAdam(CaseRun run, int rows, int columns, int k, float factor, double limit)
    {
        Tensor m = run.Normal(rows, columns, 0.1), v = run.Matrix(rows, columns, Positive(run, rows * columns));
        Tensor clip = run.Matrix(1, 2, factor, 3);
        for (int step = 1; step <= 3; step++)
        {
            // The weight decay must be ignored.
            var adam = new AdamParameters(0.05f, 0.9f, 0.999f, 1e-8f, 0.5f, step);
            Tensor delta = run.Blank(1, k);
            run.Kernels.SparseAdam(run.Ids(Places(run, rows * columns, k)), run.Normal(1, k), m, v, clip, adam, delta);
            run.Compare($"delta {step}", delta, limit);
        }

        run.Compare("moment1", m, limit);
        run.Compare("moment2", v, limit);
    }

    private static IEnumerable<KernelCase> SparseScatters()
    {
        foreach ((int rows, int vectors, int columns, int k) in SparseShapes)
        {
            yield return new("SparseScatter", $"rows={rows} vectors={vectors} columns={columns} k={k}", run =>
            {
                Tensor basis = run.Normal(vectors, columns), weight = run.Normal(rows, columns);
                Tensor starts = run.Ids(new uint[rows + 1]);
                run.Kernels.SparseScatter(run.Ids(Places(run, rows * vectors, k)), run.Normal(1, k), basis, starts, weight);
                run.Compare("weight", weight, SumLimit);
            });
        }
    }

    private static IEnumerable<KernelCase> SparseDots()
    {
        // The last has more places than a dispatch has workgroups in one dimension.
        foreach ((int rows, int vectors, int columns, int k) in SparseShapes.Append((300, 250, 8, 70_000)))
        {
            yield return new("SparseDots", $"rows={rows} vectors={vectors} columns={columns} k={k}", run =>
            {
                Tensor gradient = run.Normal(rows, columns), basis = run.Normal(vectors, columns), values = run.Blank(1, k);
                run.Kernels.SparseDots(run.Ids(Places(run, rows * vectors, k)), gradient, basis, values);
                run.Compare("values", values, SumLimit);
            });
        }
    }

    private static IEnumerable<KernelCase> Columns()
    {
        foreach ((int rows, int have, int wanted) in new[]
            { (1, 1, 1), (3, 7, 5), (8, 64, 33), (9, 65, 64), (2, 4097, 900), (384, 192, 192), (384, 1536, 192) })
        {
            yield return new("SelectColumns", $"rows={rows} have={have} wanted={wanted}", run =>
            {
                Tensor y = run.Blank(rows, wanted);
                run.Kernels.SelectColumns(run.Normal(rows, have), null, run.Ids(Places(run, have + 3, wanted)), y);
                run.Compare("y", y, Exact);
            });

            // Of the wanted columns about every second is there.
            yield return new("SelectColumns", $"rows={rows} have={have} wanted={wanted} named", run =>
            {
                int names = 2 * Math.Max(have, wanted);
                Tensor y = run.Blank(rows, wanted), called = run.Ids(Places(run, names, have));
                run.Kernels.SelectColumns(run.Normal(rows, have), called, run.Ids(Places(run, names, wanted)), y);
                run.Compare("y", y, Exact);
            });
        }
    }

    private static IEnumerable<KernelCase> Entries()
    {
        foreach ((int rows, int vectors, int columns, int k) in SparseShapes)
        {
            yield return new("MarkEntries", $"rows={rows} coordinates={vectors} columns={columns} k={k}", run =>
            {
                Tensor marks = run.Ids(OneMark(rows, columns));
                Tensor? coordinates = vectors == columns ? null : run.Ids(Places(run, columns, vectors));
                Tensor delta = run.Matrix(1, k, [.. Enumerable.Range(0, k).Select(i => i % 5 == 4 ? 0f : 1.5f - i)]);
                run.Kernels.MarkEntries(run.Ids(Places(run, rows * vectors, k)), delta, coordinates, columns, marks);
                run.Compare("marks", marks, Exact);
            });
        }

        foreach ((int rows, int columns, int k) in new[] { (1, 1, 1), (3, 7, 1), (8, 9, 20), (32, 129, 41), (64, 65, 900), (384, 1536, 5898) })
        {
            yield return new("AddEntries", $"rows={rows} columns={columns} k={k}", run =>
            {
                Tensor y = run.Normal(rows, columns);
                run.Kernels.AddEntries(run.Ids(Places(run, rows * columns, k)), run.Normal(1, k), y);
                run.Compare("y", y, FunctionLimit);
            });
        }
    }

    /// <summary>Marks of a matrix, its last entry set, which must stay.</summary>
    private static uint[] OneMark(int rows, int columns)
    {
        int last = rows * columns - 1;
        var marks = new uint[last / 32 + 1];
        marks[^1] = 1u << (last % 32);
        return marks;
    }

    /// <summary>k distinct places below n, rising.</summary>
    private static uint[] Places(CaseRun run, int n, int k)
    {
        ulong[] keys = [.. Enumerable.Range(0, n).Select(_ => run.Generator.NextBits())];
        uint[] places = [.. Enumerable.Range(0, n).Select(i => (uint)i)];
        Array.Sort(keys, places);
        return [.. places.Take(k).Order()];
    }
}
