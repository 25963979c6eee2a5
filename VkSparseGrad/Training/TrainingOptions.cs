using VkSparseGrad.Optimizers;

namespace VkSparseGrad.Training;

/// <summary>How MLP weights are trained.</summary>
public enum TrainingMethod
{
    /// <summary>SparseGrad: the largest coefficients of the gradient in a rotated basis.</summary>
    SparseGrad,

    /// <summary>Full fine-tuning: every element.</summary>
    Full,
}

/// <summary>What is trained.</summary>
public enum TrainingScope
{
    /// <summary>Everything: the MLP weights by the method, the rest by AdamW.</summary>
    All,

    /// <summary>The MLP weights, pooler and classifier only.</summary>
    Mlp,
}

/// <summary>Settings of a training run.</summary>
public sealed record TrainingOptions
{
    /// <summary>How MLP weights are trained.</summary>
    public TrainingMethod Method { get; init; } = TrainingMethod.SparseGrad;

    /// <summary>What is trained.</summary>
    public TrainingScope Scope { get; init; } = TrainingScope.All;

    /// <summary>Passes over the examples, at least 1.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Examples a step, at least 1.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Peak learning rate, above 0.</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Warm-up: a share of all steps below 1, or a number of steps from 1 on.</summary>
    public double Warmup { get; init; }

    /// <summary>For order, dropout and new weights: the same seed on the same device gives the same bits.</summary>
    public ulong Seed { get; init; }

    /// <summary>SparseGrad: share of each MLP weight's coefficients a step updates, above 0 to 1.</summary>
    public double Fraction { get; init; } = 0.01;

    /// <summary>SparseGrad: steps of the preliminary phase, at least 1.</summary>
    public int PreliminarySteps { get; init; } = 30;

    /// <summary>Constants of the optimizers.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>Throws where a setting is out of its range.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public void Check()
    {
        Require(Epochs >= 1, "Epochs", Epochs, "at least 1");
        Require(BatchSize >= 1, "Batch size", BatchSize, "at least 1");
        Require(LearningRate > 0 && double.IsFinite(LearningRate), "Learning rate", LearningRate, "a finite number above 0");
        Require(Warmup >= 0 && double.IsFinite(Warmup), "Warm-up", Warmup, "a share below 1 or a number of steps");
        Require(Fraction > 0 && Fraction <= 1, "Fraction", Fraction, "above 0 and at most 1");
        Require(PreliminarySteps >= 1, "Preliminary steps", PreliminarySteps, "at least 1");
        Require(Optimizer.Beta1 is >= 0 and < 1, "Beta 1", Optimizer.Beta1, "at least 0 and below 1");
        Require(Optimizer.Beta2 is >= 0 and < 1, "Beta 2", Optimizer.Beta2, "at least 0 and below 1");
        Require(Optimizer.Epsilon > 0 && double.IsFinite(Optimizer.Epsilon), "Epsilon", Optimizer.Epsilon, "a finite number above 0");
        Require(Optimizer.WeightDecay >= 0 && double.IsFinite(Optimizer.WeightDecay), "Weight decay", Optimizer.WeightDecay, "0 or above");
        Require(double.IsFinite(Optimizer.MaxGradientNorm), "Gradient norm", Optimizer.MaxGradientNorm, "a finite number");
    }

    private static void Require(bool holds, string name, double value, string range)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"{name} is {value}; it must be {range}."));
        }
    }
}
