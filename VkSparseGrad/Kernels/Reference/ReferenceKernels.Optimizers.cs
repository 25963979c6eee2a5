using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Reference;

public sealed partial class ReferenceKernels
{
    /// <inheritdoc/>
    public void SquaredNorm(Tensor x, Tensor partials, int slot)
    {
        ArgumentNullException.ThrowIfNull(partials);
        ExpectSlots(partials);
        if (slot < 0 || slot >= partials.Columns / IKernels.NormPartials)
        {
            throw new ArgumentException($"There is no slot {slot} in partial sums of shape {partials.Shape}.", nameof(slot));
        }

        Span<double> values = Floats(x);
        Span<double> sums = Floats(partials).Slice(slot * IKernels.NormPartials, IKernels.NormPartials);
        sums.Clear();
        for (int i = 0; i < values.Length; i++)
        {
            sums[i % IKernels.NormPartials] += values[i] * values[i];
        }
    }

    /// <inheritdoc/>
    public void ClipFactor(Tensor partials, Tensor loss, float maxNorm, Tensor clip)
    {
        ArgumentNullException.ThrowIfNull(partials);
        ExpectSlots(partials);
        ShapeChecks.Expect(loss, Shape.Vector(1));
        ShapeChecks.Expect(clip, Shape.Vector(2));
        double squared = 0;
        foreach (double partial in Floats(partials))
        {
            squared += partial;
        }

        double norm = Math.Sqrt(squared);
        double factor = maxNorm > 0 ? Math.Min(1, maxNorm / (norm + 1e-6)) : 1;
        bool finite = double.IsFinite(norm) && double.IsFinite(Floats(loss)[0]);
        Floats(clip)[0] = finite ? factor : double.NaN;
        Floats(clip)[1] = norm;
    }

    /// <inheritdoc/>
    public void AdamW(Tensor parameter, Tensor gradient, Tensor moment1, Tensor moment2, Tensor clip, in AdamParameters adam)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ShapeChecks.Expect(gradient, parameter.Shape);
        ShapeChecks.Expect(moment1, parameter.Shape);
        ShapeChecks.Expect(moment2, parameter.Shape);
        ShapeChecks.Expect(clip, Shape.Vector(2));
        Span<double> theta = Floats(parameter), g = Floats(gradient), m = Floats(moment1), v = Floats(moment2);
        double factor = Floats(clip)[0];
        if (double.IsNaN(factor))
        {
            return;
        }

        double decay = 1 - (double)adam.LearningRate * adam.WeightDecay;
        double stepSize = adam.LearningRate / adam.BiasCorrection1;
        double rootCorrection = Math.Sqrt(adam.BiasCorrection2);
        for (int i = 0; i < theta.Length; i++)
        {
            double clipped = factor * g[i];
            theta[i] *= decay;
            m[i] += (1.0 - adam.Beta1) * (clipped - m[i]);
            v[i] = adam.Beta2 * v[i] + (1.0 - adam.Beta2) * clipped * clipped;
            theta[i] -= stepSize * m[i] / (Math.Sqrt(v[i]) / rootCorrection + adam.Epsilon);
        }
    }

    private static void ExpectSlots(Tensor partials)
    {
        if (partials.Rows != 1 || partials.Columns % IKernels.NormPartials != 0)
        {
            throw new ArgumentException(
                $"Partial sums have shape {partials.Shape}, expected one row of a multiple of {IKernels.NormPartials}.",
                nameof(partials));
        }
    }
}
