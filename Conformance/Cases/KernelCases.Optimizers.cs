using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Cases;

internal static partial class KernelCases
{
    /// <summary>A handful of float operations on an element: a root, two divisions, products and sums.</summary>
    private const double UpdateLimit = 2e-6;

    private static IEnumerable<KernelCase> Norms()
    {
        foreach ((int rows, int columns) in Shapes.Concat([.. Empty, (300, 70), (1100, 1003)]))
        {
            yield return new("SquaredNorm", $"rows={rows} columns={columns}", run =>
            {
                // Three slots, of which the middle one is written; how it is cut into partial sums is the implementation's.
                int slot = IKernels.NormPartials;
                Tensor partials = run.Normal(1, 3 * slot);
                run.Kernels.SquaredNorm(run.Normal(rows, columns), partials, 1);
                double[] values = run.Read(partials);
                run.Compare("sum", [values[slot..(2 * slot)].Sum()], SumLimit);
                run.Compare("other slots", [.. values[..slot], .. values[(2 * slot)..]], Exact);
            });
        }

        foreach (int slots in new[] { 1, 2, 3, 33, 129 })
        {
            foreach (float maxNorm in new[] { -1, 0, 0.5f, 1e6f })
            {
                yield return new("ClipFactor", $"slots={slots} maxNorm={maxNorm}", run =>
                    ClipFactor(run, slots, maxNorm, partial: 0.25f, loss: 1));
            }
        }

        foreach (float special in new[] { float.NaN, float.PositiveInfinity })
        {
            yield return new("ClipFactor", $"partial={special}", run => ClipFactor(run, 3, 1, special, loss: 1));
            yield return new("ClipFactor", $"partial={special} maxNorm=0", run => ClipFactor(run, 3, 0, special, loss: 1));
            yield return new("ClipFactor", $"loss={special}", run => ClipFactor(run, 3, 1, partial: 0.25f, special));
        }

        yield return new("ClipFactor", "zero gradient", run =>
        {
            Tensor clip = run.Blank(1, 2);
            run.Kernels.ClipFactor(run.Matrix(1, 64, new float[64]), run.Matrix(1, 1, 1), 1, clip);
            run.Compare("clip", clip, Exact);
        });
    }

    private static void ClipFactor(CaseRun run, int slots, float maxNorm, float partial, float loss)
    {
        float[] partials = Array.ConvertAll(run.Generator.Normal(slots * IKernels.NormPartials), MathF.Abs);
        partials[^2] = partial;
        Tensor clip = run.Blank(1, 2);
        run.Kernels.ClipFactor(run.Matrix(1, partials.Length, partials), run.Matrix(1, 1, loss), maxNorm, clip);
        double[] values = run.Read(clip);
        run.Compare("factor", [values[0]], SumLimit);
        run.Compare("norm", [values[1]], SumLimit);
    }

    private static IEnumerable<KernelCase> AdamWs()
    {
        foreach ((int rows, int columns) in Shapes.Concat(Empty))
        {
            foreach (float decay in new[] { 0, 0.01f })
            {
                yield return new("AdamW", $"rows={rows} columns={columns} decay={decay}", run =>
                    AdamW(run, rows, columns, decay, factor: 0.75f, UpdateLimit));
            }
        }

        yield return new("AdamW", "rows=9 columns=31 clip=NaN", run => AdamW(run, 9, 31, 0.01f, float.NaN, Exact));
    }

    private static void AdamW(CaseRun run, int rows, int columns, float decay, float factor, double limit)
    {
        Tensor parameter = run.Normal(rows, columns), clip = run.Matrix(1, 2, factor, 3);
        Tensor m = run.Normal(rows, columns, 0.1), v = run.Matrix(rows, columns, Positive(run, rows * columns));
        for (int step = 1; step <= 3; step++)
        {
            var adam = new AdamParameters(0.05f, 0.9f, 0.999f, 1e-8f, decay, step);
            run.Kernels.AdamW(parameter, run.Normal(rows, columns), m, v, clip, adam);
        }

        run.Compare("parameter", parameter, limit);
        run.Compare("moment1", m, limit);
        run.Compare("moment2", v, limit);
    }

    private static float[] Positive(CaseRun run, int count) =>
        Array.ConvertAll(run.Generator.Normal(count), value => 0.01f + value * value);
}
