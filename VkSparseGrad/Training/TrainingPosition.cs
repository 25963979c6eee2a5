namespace VkSparseGrad.Training;

/// <summary>Where a run stands. Order, dropout and learning rate follow from it and the settings.</summary>
/// <param name="PreliminaryStep">Preliminary steps done.</param>
/// <param name="Step">Training steps done.</param>
/// <param name="IsTraining">Whether the preliminary phase, if there is one, is over and the bases are there.</param>
public sealed record TrainingPosition(int PreliminaryStep, int Step, bool IsTraining);
