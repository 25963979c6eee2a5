using VkSparseGrad.Tensors;

namespace VkSparseGrad.Conformance.Cases;

internal static partial class KernelCases
{
    private static IEnumerable<KernelCase> Losses()
    {
        foreach ((int rows, int classes) in new[] { (1, 2), (7, 2), (8, 3), (33, 5), (64, 2), (129, 3), (3, 129), (65, 31), (2, 1000), (1, 4097), (3, 32000), (32, 1) })
        {
            yield return new("CrossEntropy", $"rows={rows} classes={classes}", run =>
                CrossEntropy(run, run.Normal(rows, classes, 2), RandomIds(run, rows, classes), 2 * rows + 1));
            yield return new("CrossEntropy", $"rows={rows} classes={classes} large logits", run =>
            {
                float[] logits = Array.ConvertAll(run.Generator.Normal(rows * classes), value => MathF.CopySign(1e4f, value));
                CrossEntropy(run, run.Matrix(rows, classes, logits), RandomIds(run, rows, classes), rows);
            });
            yield return new("MeanSquaredError", $"rows={rows} columns={classes}", run =>
            {
                Tensor loss = run.Blank(1, 1), gradient = run.Blank(rows, classes);
                run.Kernels.MeanSquaredError(run.Normal(rows, classes), run.Normal(rows, classes), rows + 3, loss, gradient);
                run.Compare("loss", loss, SumLimit);
                run.Compare("dPredictions", gradient, SumLimit);
            });
        }
    }

    private static void CrossEntropy(CaseRun run, Tensor logits, uint[] labels, int n)
    {
        Tensor loss = run.Blank(1, 1), gradient = run.Blank(logits.Rows, logits.Columns);
        run.Kernels.CrossEntropy(logits, run.Ids(labels), n, loss, gradient);
        run.Compare("loss", loss, SumLimit);
        run.Compare("dLogits", gradient, SumLimit);
    }
}
