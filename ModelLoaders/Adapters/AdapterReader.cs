using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Reads the tensors of a checked adapter. The bases of a kind of layer stay on the device from their first use until
/// this is disposed.</summary>
internal sealed class AdapterReader(IKernels kernels, SafetensorsFile file) : IDisposable
{
    private readonly Dictionary<string, SparseGradBasis> _bases = new(StringComparer.Ordinal);

    /// <summary>Where changes are computed.</summary>
    public IKernels Kernels => kernels;

    public SafetensorsFile File => file;

    public float[] Floats(string name)
    {
        float[] values = new float[file[name].ElementCount];
        file.ReadFloats(name, values);
        return values;
    }

    /// <summary>Places that rise, inside a weight of <paramref name="count"/> elements.</summary>
    /// <exception cref="ModelFolderException">They are not.</exception>
    public long[] Indices(string name, long count)
    {
        long[] indices = new long[file[name].ElementCount];
        file.ReadInt64(name, indices);
        for (int i = 0; i < indices.Length; i++)
        {
            if (indices[i] < 0 || indices[i] >= count)
                throw new ModelFolderException(file.Path, $"{Printable.Quote(name)} has the index {indices[i]}, expected 0 to {count - 1}; the file is damaged, copy it again");
            if (i > 0 && indices[i] <= indices[i - 1])
                throw new ModelFolderException(file.Path, $"{Printable.Quote(name)} has the index {indices[i]} behind {indices[i - 1]}, but indices must rise; the file is damaged, copy it again");
        }

        return indices;
    }

    public SparseGradBasis Basis(RotatedChange change)
    {
        if (!_bases.TryGetValue(change.Kind, out SparseGradBasis? basis))
        {
            basis = SparseGradBasis.Create(
                kernels, change.Outputs, change.Inputs,
                Floats(SparseNames.OutputBasis(change.Kind)), Floats(SparseNames.InputBasis(change.Kind)));
            _bases.Add(change.Kind, basis);
        }

        return basis;
    }

    public void Dispose()
    {
        file.Dispose();
        foreach (SparseGradBasis basis in _bases.Values)
            basis.Dispose();
        _bases.Clear();
    }
}
