using System.Diagnostics;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Checkpoints;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Train.Checkpoints;

/// <summary>The checkpoints of a run: the one it goes on from, and those it writes.</summary>
internal sealed class RunCheckpoints : IDisposable
{
    private readonly CheckpointSettings settings;
    private readonly EvaluationSettings evaluations;
    private readonly bool writesBest;
    private readonly RunIdentity identity;
    private readonly CheckpointFolder folder;
    private readonly List<CheckpointName> written = [];
    private TimeSpan time;
    private long bytes;

    private RunCheckpoints(RunSettings settings, RunIdentity identity, CheckpointFolder folder, Checkpoint? resumed)
    {
        this.settings = settings.Checkpoints;
        evaluations = settings.Evaluations;
        writesBest = settings.Evaluations.Patience is not null;
        this.identity = identity;
        this.folder = folder;
        Resumed = resumed;
        Newest = resumed?.Folder;
    }

    /// <summary>The one that the run goes on from; null where it begins from the model.</summary>
    public Checkpoint? Resumed { get; }

    /// <summary>The folder of the newest; null where there is none.</summary>
    public string? Newest { get; private set; }

    /// <summary>What those written cost; null where there are none.</summary>
    public CheckpointCost? Cost => written.Count == 0 ? null : new CheckpointCost(written.Count, time / written.Count, bytes);

    /// <summary>Whether a run has anything to do with checkpoints.</summary>
    public static bool AreAsked(RunSettings settings) =>
        settings.Checkpoints.SaveSteps is not null || settings.Checkpoints.Resume is not null || settings.Evaluations.Patience is not null;

    /// <summary>Opens the one to go on from, and makes sure that others can be written.</summary>
    /// <param name="settings">What the run was asked for.</param>
    /// <param name="identity">The run.</param>
    /// <param name="tell">Told in one line about each checkpoint that is skipped.</param>
    /// <exception cref="CheckpointException">There is none to go on from, it is of another run, or the folder is taken or cannot be
    /// written to.</exception>
    public static RunCheckpoints Begin(RunSettings settings, RunIdentity identity, Action<string> tell)
    {
        var folder = new CheckpointFolder(settings.Checkpoints.FolderFor(settings.Output));
        Checkpoint? resumed = settings.Checkpoints.Resume switch
        {
            null => null,
            CheckpointSettings.Last => folder.OpenNewest(skipped => tell($"Checkpoint skipped: {skipped}")) ??
                throw new CheckpointException($"{folder.Path}: there is no complete checkpoint to go on from; leave out --resume, or name the folder with --checkpoints"),
            string path => Checkpoint.Open(Path.TrimEndingDirectorySeparator(path)),
        };
        try
        {
            if (resumed is not null && resumed.Record.Run.Difference(identity) is string difference)
                throw new CheckpointException($"{resumed.Folder} is of another run: {difference}; --resume needs the same settings and data");
            var checkpoints = new RunCheckpoints(settings, identity, folder, resumed);
            if (checkpoints.settings.SaveSteps is not null || checkpoints.writesBest)
                checkpoints.MakeRoom(settings.Overwrite);
            return checkpoints;
        }
        catch
        {
            resumed?.Dispose();
            throw;
        }
    }

    /// <summary>Brings a new run to where the checkpoint was.</summary>
    public void Restore(Trainer trainer)
    {
        if (Resumed is not null)
            trainer.Restore(Resumed.Record.Position, Resumed);
    }

    /// <summary>Writes a checkpoint after a step if one is due, and removes the oldest.</summary>
    public void AfterStep(Trainer trainer, VulkanKernels kernels, RunTimes times, EvaluationHistory evaluations, string? log)
    {
        var name = CheckpointName.Of(trainer.Position);
        CheckpointName? best = evaluations.BestStep is int step ? new CheckpointName(true, step) : null;
        if (!(name.Step % settings.SaveSteps == 0 || (writesBest && name == best)))
            return;
        DeviceInfo device = kernels.Device.Info;
        long start = Stopwatch.GetTimestamp();
        bytes = folder.Save(
            new CheckpointRecord
            {
                Position = trainer.Position,
                Run = identity,
                Device = device.Name,
                Driver = device.Driver,
                PreliminaryTime = times.Preliminary.Time,
                BasisTime = times.Basis,
                TrainingTime = times.Training.Time,
                Evaluations = evaluations.All,
            },
            kernels, trainer.State, log);
        time += Stopwatch.GetElapsedTime(start);
        written.Add(name);
        Newest = folder.PathOf(name);
        folder.Prune(settings.SaveSteps is null ? 1 : settings.Keep, writesBest ? best : null);
    }

    /// <summary>Gives a run the weights of its best evaluation, where it was to stop by them.</summary>
    public void RestoreBest(Trainer trainer, EvaluationHistory evaluations)
    {
        if (!writesBest || evaluations.BestStep is not int step || step == trainer.CompletedSteps)
            return;
        using Checkpoint best = Checkpoint.Open(folder.PathOf(new CheckpointName(true, step)));
        trainer.Restore(best.Record.Position, best);
    }

    /// <summary>Removes what a finished run has no more use for: the best checkpoint where none were asked for.</summary>
    public void Finish()
    {
        if (settings.SaveSteps is not null)
            return;
        foreach (CheckpointName name in written)
            folder.Remove(name);
    }

    public void Dispose()
    {
        Resumed?.Dispose();
        folder.RemoveIfEmpty();
    }

    private void MakeRoom(bool overwrite)
    {
        (bool, int)? reached = Resumed is null ? null : CheckpointName.Of(Resumed.Record.Position).Order;
        CheckpointName[] inTheWay = [.. folder.Names.Where(name => reached is null || Comparer<(bool, int)>.Default.Compare(name.Order, reached.Value) > 0)];
        if (inTheWay.Length > 0 && !overwrite && settings.Resume != CheckpointSettings.Last)
        {
            throw new CheckpointException(Resumed is null
                ? $"{folder.Path} holds checkpoints of an earlier run; go on from them with --resume last, or replace them with --overwrite"
                : $"{folder.Path} holds {inTheWay[0]}, which is newer than {Path.GetFileName(Resumed.Folder)}; go on from the newest with --resume last, or replace it with --overwrite");
        }

        folder.Prepare();
        foreach (CheckpointName name in inTheWay)
            folder.Remove(name);
        RequireBest();
    }

    private void RequireBest()
    {
        if (Resumed is null || !writesBest)
            return;
        string? best = new EvaluationHistory(evaluations, Resumed.Record.Evaluations).BestStep is int step
            ? folder.PathOf(new CheckpointName(true, step))
            : null;
        if (best is not null && !Directory.Exists(best))
            throw new CheckpointException($"{best} is missing, which has the best evaluation so far; --early-stopping needs it");
    }
}
