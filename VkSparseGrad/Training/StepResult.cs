namespace VkSparseGrad.Training;

/// <summary>What a step belongs to.</summary>
public enum TrainingPhase
{
    /// <summary>SparseGrad looks at gradients; nothing is updated.</summary>
    Preliminary,

    /// <summary>Weights are updated.</summary>
    Training,
}

/// <summary>What one step did.</summary>
/// <param name="Phase">What it belongs to.</param>
/// <param name="Step">Its number in the phase, from 1.</param>
/// <param name="TotalSteps">Steps of the phase.</param>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Loss">Mean loss of the batch before the update.</param>
/// <param name="GradientNorm">Norm of the gradient of all trained values before clipping; 0 in the preliminary phase.</param>
/// <param name="LearningRate">The rate used; 0 in the preliminary phase.</param>
/// <param name="Examples">Sequences of the batch.</param>
/// <param name="Tokens">Tokens of the batch; there is no padding.</param>
public readonly record struct StepResult(
    TrainingPhase Phase, int Step, int TotalSteps, int Epoch, float Loss, float GradientNorm, double LearningRate, int Examples,
    int Tokens);
