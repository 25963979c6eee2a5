using VkSparseGrad.ModelLoaders.Checkpoints;

namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>What the phases of a run took, before its checkpoint too if it goes on from one.</summary>
internal sealed class RunTimes
{
    public RunTimes(Checkpoint? resumed)
    {
        if (resumed is null)
            return;
        Preliminary.GoOn(resumed.Record.PreliminaryTime, []);
        Basis = resumed.Record.BasisTime;
        Training.GoOn(resumed.Record.TrainingTime, resumed.Steps is string log ? StepLog.Read(log) : []);
    }

    public Speedometer Preliminary { get; } = new();

    public TimeSpan Basis { get; set; }

    public Speedometer Training { get; } = new();
}
