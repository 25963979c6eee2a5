using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Training;

/// <summary>Checkpoints of a trainer without the command around it.</summary>
internal static class SavedState
{
    public static RunIdentity Identity { get; } = new(new Dictionary<string, string?> { ["seed"] = "7" }, "model", new DataFingerprint(10, "a"), []);

    public static long Save(this CheckpointFolder folder, Trainer trainer, IKernels kernels) =>
        folder.Save(Record(trainer.Position), kernels, trainer.State, null);

    public static CheckpointRecord Record(TrainingPosition position) => new()
    {
        Position = position,
        Run = Identity,
        Device = "device",
        Driver = "driver",
        PreliminaryTime = TimeSpan.FromSeconds(1),
        BasisTime = TimeSpan.Zero,
        TrainingTime = TimeSpan.FromSeconds(0.1),
        Evaluations = [new EvaluationRecord(0, [("accuracy", 0.1), ("undefined", null)])],
    };
}
