namespace VkSparseGrad.Optimizers;

/// <summary>Constants of AdamW and SparseAdam, PyTorch's defaults but for the weight decay.</summary>
public sealed record OptimizerOptions
{
    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay of dense matrices. Biases, norms and SparseGrad's coefficients take none.</summary>
    public double WeightDecay { get; init; }

    /// <summary>The norm to which the gradient of all trained values together is clipped; 0 for no clipping.</summary>
    public double MaxGradientNorm { get; init; } = 1;
}
