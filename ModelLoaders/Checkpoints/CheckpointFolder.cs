using VkSparseGrad.Kernels;
using VkSparseGrad.Training;

namespace VkSparseGrad.ModelLoaders.Checkpoints;

/// <summary>The folder that holds the checkpoints of one run.</summary>
/// <remarks>A checkpoint is filled aside in the same folder, every file flushed to disk, then renamed as a whole, so that a
/// process killed at any moment leaves what was complete before.</remarks>
/// <param name="path">Where it lies, or will.</param>
public sealed class CheckpointFolder(string path)
{
    private const string AsideEnding = ".tmp";

    /// <summary>Where it lies, or will.</summary>
    public string Path { get; } = path;

    /// <summary>The checkpoints in it, whole or not, in the order of their steps.</summary>
    public IReadOnlyList<CheckpointName> Names
    {
        get
        {
            if (!Directory.Exists(Path))
                return [];
            var names = new List<CheckpointName>();
            foreach (string folder in Directory.GetDirectories(Path))
            {
                if (CheckpointName.TryParse(System.IO.Path.GetFileName(folder), out CheckpointName name))
                    names.Add(name);
            }

            return [.. names.OrderBy(name => name.Order)];
        }
    }

    /// <summary>The folder of a checkpoint.</summary>
    public string PathOf(CheckpointName name) => System.IO.Path.Combine(Path, name.ToString());

    /// <summary>Opens the newest checkpoint that is whole.</summary>
    /// <param name="skipped">Told about each newer one that is not, with the reason, in one line.</param>
    /// <returns>Null where none is whole.</returns>
    public Checkpoint? OpenNewest(Action<string>? skipped = null)
    {
        foreach (CheckpointName name in Names.Reverse())
        {
            try
            {
                return Checkpoint.Open(PathOf(name));
            }
            catch (IOException e)
            {
                skipped?.Invoke(e.Message);
            }
        }

        return null;
    }

    /// <summary>Makes the folder where it is not there, removes what a killed process left half-written, and finds out whether
    /// it can be written to.</summary>
    /// <exception cref="CheckpointException">It cannot be written to.</exception>
    public void Prepare()
    {
        try
        {
            Directory.CreateDirectory(Path);
            foreach (string left in Directory.GetDirectories(Path, ".checkpoint-*" + AsideEnding))
                Directory.Delete(left, recursive: true);
            string probe = Aside("checkpoint-probe");
            Directory.CreateDirectory(probe);
            Directory.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{Path}: checkpoints cannot be written there ({e.Message}); choose another folder with --checkpoints", e);
        }
    }

    /// <summary>Writes a checkpoint; one of the same name is replaced.</summary>
    /// <param name="record">What it says beside its tensors.</param>
    /// <param name="kernels">Reads the tensors.</param>
    /// <param name="state">The tensors.</param>
    /// <param name="steps">The log of the steps so far; null for none.</param>
    /// <returns>Its size in bytes.</returns>
    /// <exception cref="CheckpointException">The disk is full or the folder cannot be written to. Nothing is left of it.</exception>
    /// <exception cref="TrainingException">A value is not finite. Nothing is left of it.</exception>
    public long Save(CheckpointRecord record, IKernels kernels, IReadOnlyList<StateTensor> state, string? steps)
    {
        ArgumentNullException.ThrowIfNull(record);
        var name = CheckpointName.Of(record.Position);
        string aside = Aside(name.ToString());
        try
        {
            Directory.CreateDirectory(aside);
            CheckpointWriter.Write(aside, record, kernels, state, steps);
            Remove(name);
            Directory.Move(aside, PathOf(name));
            return Directory.GetFiles(PathOf(name)).Sum(file => new FileInfo(file).Length);
        }
        catch (Exception e)
        {
            DeleteIfThere(aside);
            if (e is IOException or UnauthorizedAccessException)
                throw new CheckpointException($"{PathOf(name)}: the checkpoint could not be written ({e.Message}); earlier checkpoints are as they were", e);
            throw;
        }
    }

    /// <summary>Removes a checkpoint, whole or not, if it is there.</summary>
    public void Remove(CheckpointName name)
    {
        if (!Directory.Exists(PathOf(name)))
            return;

        // At no moment does half of it lie under its name.
        string aside = Aside(name.ToString());
        Directory.Move(PathOf(name), aside);
        Directory.Delete(aside, recursive: true);
    }

    /// <summary>Removes the oldest checkpoints.</summary>
    /// <param name="keep">How many of the newest stay.</param>
    /// <param name="best">Stays too.</param>
    public void Prune(int keep, CheckpointName? best)
    {
        CheckpointName[] complete = [.. Names.Where(name => File.Exists(System.IO.Path.Combine(PathOf(name), CompletenessMark.Name)))];
        foreach (CheckpointName name in complete.SkipLast(keep).Where(name => name != best))
            Remove(name);
    }

    /// <summary>Removes the folder if nothing is in it.</summary>
    public void RemoveIfEmpty()
    {
        if (Directory.Exists(Path) && !Directory.EnumerateFileSystemEntries(Path).Any())
            Directory.Delete(Path);
    }

    private static void DeleteIfThere(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private string Aside(string name) => System.IO.Path.Combine(Path, $".{name}.{Guid.NewGuid():N}{AsideEnding}");
}
