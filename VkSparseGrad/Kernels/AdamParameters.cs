namespace VkSparseGrad.Kernels;

/// <summary>The scalars of one Adam update.</summary>
/// <param name="LearningRate">The step size of this step.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="WeightDecay">Decoupled weight decay (AdamW); 0 for none. SparseAdam has none.</param>
/// <param name="Step">The number of this update, counted from 1.</param>
public readonly record struct AdamParameters(
    double LearningRate, double Beta1, double Beta2, double Epsilon, double WeightDecay, int Step)
{
    /// <summary>1 - beta1^step.</summary>
    public double BiasCorrection1 => 1 - Math.Pow(Beta1, Step);

    /// <summary>1 - beta2^step.</summary>
    public double BiasCorrection2 => 1 - Math.Pow(Beta2, Step);
}
