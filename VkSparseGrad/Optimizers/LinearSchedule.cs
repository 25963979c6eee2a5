namespace VkSparseGrad.Optimizers;

/// <summary>The learning rate of each step: rising linearly during warm-up, then falling linearly to 0 at the end.</summary>
/// <param name="peak">The rate at the end of warm-up.</param>
/// <param name="warmupSteps">Steps of warm-up, 0 or more.</param>
/// <param name="totalSteps">Steps in all.</param>
public sealed class LinearSchedule(double peak, int warmupSteps, int totalSteps)
{
    /// <summary>The rate of a step.</summary>
    /// <param name="step">Counted from 0.</param>
    public double At(int step)
    {
        if (step < warmupSteps)
        {
            return peak * step / warmupSteps;
        }

        return peak * Math.Max(0, totalSteps - step) / Math.Max(1, totalSteps - warmupSteps);
    }
}
