using System.Runtime.InteropServices;
using VkSparseGrad.Files;
using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.ModelLoaders.Checkpoints;

/// <summary>Writes the files of a checkpoint, its completeness mark last.</summary>
internal static class CheckpointWriter
{
    /// <param name="folder">Empty.</param>
    /// <param name="record">What it says beside its tensors.</param>
    /// <param name="kernels">Reads the tensors.</param>
    /// <param name="state">The tensors, of finite values.</param>
    /// <param name="steps">The log of the steps so far; null for none.</param>
    /// <exception cref="TrainingException">A value is not finite.</exception>
    public static void Write(
        string folder, CheckpointRecord record, IKernels kernels, IReadOnlyList<StateTensor> state, string? steps)
    {
        Write(Path.Combine(folder, Checkpoint.ModelFile), kernels, state.Where(entry => !entry.IsOptimizer));
        Write(Path.Combine(folder, Checkpoint.OptimizerFile), kernels, state.Where(entry => entry.IsOptimizer));
        TrainerStateFile.Write(Path.Combine(folder, TrainerStateFile.Name), record);
        if (steps is not null)
        {
            AtomicFile.Write(Path.Combine(folder, Checkpoint.StepsFile), stream =>
            {
                // The run goes on writing to it.
                using var source = new FileStream(steps, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                source.CopyTo(stream);
            });
        }

        CompletenessMark.Write(folder);
    }

    private static void Write(string path, IKernels kernels, IEnumerable<StateTensor> state)
    {
        var writer = new SafetensorsWriter();
        foreach (StateTensor entry in state)
        {
            long[] shape = [entry.Tensor.Rows, entry.Tensor.Columns];
            if (entry.Tensor.Type == DType.Float32)
                writer.AddFloats(entry.Name, SafetensorsType.F32, shape, values => ReadFinite(kernels, entry, values));
            else
                writer.AddBytes(entry.Name, SafetensorsType.U32, shape, stream => WriteIntegers(kernels, entry, stream));
        }

        writer.Save(path);
    }

    private static void ReadFinite(IKernels kernels, StateTensor entry, Span<float> values)
    {
        kernels.Download(entry.Tensor, values);
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
                throw new TrainingException($"{entry.Name} is not finite, so no checkpoint is written; try a lower learning rate.");
        }
    }

    private static void WriteIntegers(IKernels kernels, StateTensor entry, Stream stream)
    {
        using var integers = new HostBuffer<uint>(entry.Tensor.Length);
        kernels.Download(entry.Tensor, integers.Span);
        stream.Write(MemoryMarshal.AsBytes(integers.Span));
    }
}
