namespace VkSparseGrad.Optimizers;

/// <summary>How a learning rate goes on after warm-up.</summary>
public enum LearningRateDecay
{
    /// <summary>Falling linearly to 0 at the end.</summary>
    Linear,

    /// <summary>Falling along half a cosine wave to 0 at the end. Loshchilov and Hutter, arXiv:1608.03983, without restarts.</summary>
    Cosine,

    /// <summary>Staying at the peak.</summary>
    Constant,
}

/// <summary>The learning rate of each step: rising linearly during warm-up, then as the decay says.</summary>
/// <param name="peak">The rate at the end of warm-up.</param>
/// <param name="warmupSteps">Steps of warm-up, 0 or more.</param>
/// <param name="totalSteps">Steps in all.</param>
/// <param name="decay">What follows warm-up.</param>
public sealed class LearningRateSchedule(double peak, int warmupSteps, int totalSteps, LearningRateDecay decay)
{
    /// <summary>The rate of a step.</summary>
    /// <param name="step">Counted from 0.</param>
    public double At(int step)
    {
        if (step < warmupSteps)
        {
            return peak * step / warmupSteps;
        }

        double left = (double)Math.Max(0, totalSteps - step) / Math.Max(1, totalSteps - warmupSteps);
        return decay switch
        {
            LearningRateDecay.Linear => peak * left,
            LearningRateDecay.Cosine => peak * 0.5 * (1 - Math.Cos(Math.PI * left)),
            LearningRateDecay.Constant => peak,
            _ => throw new InvalidOperationException($"There is no decay {decay}."),
        };
    }
}
