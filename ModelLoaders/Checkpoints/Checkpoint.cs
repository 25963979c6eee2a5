using System.Runtime.InteropServices;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.ModelLoaders.Checkpoints;

/// <summary>An open checkpoint, which was found whole: the source for <see cref="Trainer.Restore"/>.</summary>
public sealed class Checkpoint : IStateSource, IDisposable
{
    /// <summary>The file of the weights.</summary>
    public const string ModelFile = "model.safetensors";

    /// <summary>The file of the optimizers' tensors.</summary>
    public const string OptimizerFile = "optimizer.safetensors";

    /// <summary>The log of the steps so far.</summary>
    public const string StepsFile = "steps.jsonl";

    private readonly SafetensorsFile model;
    private readonly SafetensorsFile optimizer;

    private Checkpoint(string folder)
    {
        Folder = folder;
        Record = TrainerStateFile.Read(Path.Combine(folder, TrainerStateFile.Name));
        model = SafetensorsFile.Open(Path.Combine(folder, ModelFile));
        try
        {
            optimizer = SafetensorsFile.Open(Path.Combine(folder, OptimizerFile));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>What it says beside its tensors.</summary>
    public CheckpointRecord Record { get; }

    /// <summary>The log of the steps so far; null where the run had none yet.</summary>
    public string? Steps => File.Exists(Path.Combine(Folder, StepsFile)) ? Path.Combine(Folder, StepsFile) : null;

    /// <summary>Opens a checkpoint and checks every byte of it.</summary>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="CheckpointException">It is not there, or not whole.</exception>
    public static Checkpoint Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new CheckpointException($"{folder}: there is no such checkpoint");
        if (CompletenessMark.Fault(folder) is string fault)
            throw new CheckpointException($"{folder}: not a complete checkpoint: {fault}");
        return new Checkpoint(folder);
    }

    /// <inheritdoc/>
    public bool Contains(string name) => model.TryGet(name, out _) || optimizer.TryGet(name, out _);

    /// <inheritdoc/>
    public void Read(string name, Span<float> destination) =>
        FileOf(name, destination.Length).ReadFloats(name, destination);

    /// <inheritdoc/>
    public void Read(string name, Span<uint> destination)
    {
        SafetensorsFile file = FileOf(name, destination.Length);
        if (file[name].Type != SafetensorsType.U32)
            throw new CheckpointException($"{Folder}: {name} is of type {file[name].Type} and the run needs U32; the checkpoint is of another run");
        file.ReadBytes(name, 0, MemoryMarshal.AsBytes(destination));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        model.Dispose();
        optimizer.Dispose();
    }

    private SafetensorsFile FileOf(string name, long length)
    {
        SafetensorsFile file = model.TryGet(name, out SafetensorsTensor? tensor) ? model : optimizer;
        if (tensor is null && !file.TryGet(name, out tensor))
            throw new CheckpointException($"{Folder}: there is no tensor {name}; the checkpoint is of another run");
        if (tensor.ElementCount != length)
            throw new CheckpointException(FormattableString.Invariant($"{Folder}: {name} has {tensor.ElementCount} elements and the run needs {length}; the checkpoint is of another run"));
        return file;
    }
}
