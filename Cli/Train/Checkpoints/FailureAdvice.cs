using VkSparseGrad.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>Names the checkpoint that a run which failed can go on from.</summary>
internal static class FailureAdvice
{
    /// <summary>Does the run; a failure's message names the newest checkpoint, if there is one.</summary>
    public static TrainOutcome Give(RunCheckpoints? checkpoints, Func<TrainOutcome> run)
    {
        try
        {
            return run();
        }
        catch (TrainingException e) when (checkpoints?.Newest is string path)
        {
            throw new TrainingException($"{e.Message} The last good checkpoint is {path}.", e);
        }
        catch (DeviceException e) when (checkpoints?.Newest is string path)
        {
            throw new DeviceException($"{e.Message} The last good checkpoint is {path}; --resume last goes on from it.", e);
        }
        catch (OperationCanceledException e) when (checkpoints?.Newest is string path)
        {
            throw new StoppedRunException($"stopped before the end; no result was written. The last checkpoint is {path}; --resume last goes on from it.", e);
        }
    }
}
