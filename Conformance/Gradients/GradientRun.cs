using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;

namespace VkSparseGrad.Conformance.Gradients;

/// <summary>Judges gradient rules by central differences of the loss, which the reference computes in double precision.</summary>
internal static class GradientRun
{
    private const double Step = 1e-5;

    /// <summary>With values near 1 the differences err by about step² = 1e-10 (their third derivative) and 1e-16 / step = 1e-11
    /// (rounding).</summary>
    private const double ReferenceLimit = 1e-7;

    /// <summary>Some hundred float roundings, and the approximations of erf, exp and tanh.</summary>
    private const double DeviceLimit = 2e-5;

    /// <summary>Judges one rule.</summary>
    /// <param name="item">The op and its loss.</param>
    /// <param name="kernels">Where the rule runs.</param>
    public static Verdict Judge(TapeCase item, IKernels kernels)
    {
        double[]?[] gradients;
        using (var run = new TapeRun(kernels, item.Loss))
        {
            gradients = run.Gradients();
        }

        double[][] expected = Differences(item);
        double limit = kernels is ReferenceKernels ? ReferenceLimit : DeviceLimit;
        double error = 0;
        for (int leaf = 0; leaf < expected.Length; leaf++)
        {
            // A gradient of zero would make the check empty.
            Verdict verdict = gradients[leaf] is not double[] gradient ? Verdict.Wrong($"Leaf {leaf} has no gradient.")
                : expected[leaf].All(value => value == 0) ? Verdict.Wrong($"Leaf {leaf} does not move the loss.")
                : new CaseOutput($"gradient {leaf}", gradient, limit, expected[leaf]).Judge(new CaseOutput("", [], 0));
            error = Math.Max(error, verdict.Error);
            if (verdict.Fault is not null)
            {
                return verdict with { Error = error };
            }
        }

        return new Verdict(error, null);
    }

    /// <summary>The derivative of the loss by each element of each leaf.</summary>
    private static double[][] Differences(TapeCase item)
    {
        using var reference = new ReferenceKernels();
        using var run = new TapeRun(reference, item.Loss);
        run.Forward();
        var result = new double[run.Leaves.Count][];
        for (int index = 0; index < result.Length; index++)
        {
            TapeLeaf leaf = run.Leaves[index];
            var derivatives = new double[leaf.Values.Length];
            for (int i = 0; i < derivatives.Length; i++)
            {
                double original = leaf.Values[i];
                leaf.Values[i] = original + Step;
                double above = run.Forward();
                leaf.Values[i] = original - Step;
                derivatives[i] = (above - run.Forward()) / (2 * Step);
                leaf.Values[i] = original;
            }

            result[index] = leaf.FromElements(derivatives);
        }

        return result;
    }
}
