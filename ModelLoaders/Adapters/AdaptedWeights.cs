using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>A base model with a SparseGrad adapter on top: the weights of the trained model.</summary>
/// <remarks>
/// Opening checks names, types and shapes of all tensors; they are read from disk when asked for, so a model built from this
/// needs no second copy in memory. The bases of a kind of layer stay on the device from their first use until this is disposed,
/// which may be as soon as the model is built. <see cref="SparseGradAdapter"/> describes the files.
/// </remarks>
public sealed class AdaptedWeights : IWeightSource, IDisposable
{
    private readonly IKernels _kernels;
    private readonly IWeightSource _base;
    private readonly SafetensorsFile _file;
    private readonly Dictionary<string, SparseGradAdapterWeight> _sparse;
    private readonly HashSet<string> _dense;
    private readonly Dictionary<string, SparseGradBasis> _bases = new(StringComparer.Ordinal);

    private AdaptedWeights(IKernels kernels, IWeightSource baseWeights, SafetensorsFile file, SparseGradAdapterConfig config)
    {
        _kernels = kernels;
        _base = baseWeights;
        _file = file;
        _sparse = config.Sparse.ToDictionary(weight => weight.Name, StringComparer.Ordinal);
        _dense = config.Dense.ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Opens an adapter on the model that it was trained from.</summary>
    /// <param name="kernels">Where changes are computed. Stays the caller's.</param>
    /// <param name="baseWeights">The weights that training began with. Stays the caller's, and open until this is disposed.</param>
    /// <param name="adapterFolder">Holds <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</param>
    /// <exception cref="ModelFolderException">
    /// A file is missing, the adapter is of another kind or version, something trained is missing from it, or a shape or type
    /// does not fit the base.
    /// </exception>
    /// <exception cref="SafetensorsException">The tensors' file is malformed.</exception>
    public static AdaptedWeights Open(IKernels kernels, IWeightSource baseWeights, string adapterFolder)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(baseWeights);
        ArgumentNullException.ThrowIfNull(adapterFolder);
        SparseGradAdapterConfig config = SparseGradAdapterConfig.Read(PathOf(adapterFolder, SparseGradAdapter.ConfigFileName));
        SafetensorsFile file = SafetensorsFile.Open(PathOf(adapterFolder, SparseGradAdapter.WeightsFileName));
        try
        {
            new SparseGradAdapterCheck(file, config, baseWeights).Run();
            return new AdaptedWeights(kernels, baseWeights, file, config);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool Contains(string name) => _dense.Contains(name) || _base.Contains(name);

    /// <inheritdoc/>
    public IReadOnlyList<long> ShapeOf(string name) => _dense.Contains(name) ? _file[name].Shape : _base.ShapeOf(name);

    /// <inheritdoc/>
    /// <remarks>An MLP weight is W_base + Q Δ Pᵀ; this waits for the device.</remarks>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is not as long as the weight.</exception>
    /// <exception cref="ModelFolderException">The adapter's indices for this weight are out of range or do not rise.</exception>
    public void Read(string name, Span<float> destination)
    {
        long length = ShapeOf(name).Aggregate(1L, (product, dimension) => product * dimension);
        if (destination.Length != length)
            throw new ArgumentException($"'{name}' has {length} elements, the destination {destination.Length}", nameof(destination));
        if (_dense.Contains(name))
        {
            _file.ReadFloats(name, destination);
            return;
        }

        _base.Read(name, destination);
        if (_sparse.TryGetValue(name, out SparseGradAdapterWeight? weight) && weight.Entries > 0)
            AddChange(weight, destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        foreach (SparseGradBasis basis in _bases.Values)
            basis.Dispose();
        _bases.Clear();
    }

    private static string PathOf(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path)
            ? path
            : throw new ModelFolderException(folder, Directory.Exists(folder) ? $"the folder has no {name}; is it an adapter's?" : "there is no such folder");
    }

    private void AddChange(SparseGradAdapterWeight weight, Span<float> destination)
    {
        uint[] places = ReadIndices(weight);
        SparseGradBasis basis = BasisOf(weight);
        using Tensor indices = _kernels.FromArray(places);
        using Tensor values = _kernels.FromArray(Shape.Vector(places.Length), ReadFloats(SparseGradAdapterNames.Values(weight.Name)));
        using Tensor halfRotated = _kernels.Zeros(new Shape(weight.Small, weight.Large), MemoryCategory.Scratch);
        _kernels.SparseScatter(indices, values, basis.Large, halfRotated);

        using Tensor dense = _kernels.FromArray(new Shape(weight.Outputs, weight.Inputs), destination);
        if (weight.SmallSideIsInput)
            _kernels.Matmul(halfRotated, true, basis.Small, false, null, dense, accumulate: true);
        else
            _kernels.Matmul(basis.Small, true, halfRotated, false, null, dense, accumulate: true);
        _kernels.Download(dense, destination);
    }

    private SparseGradBasis BasisOf(SparseGradAdapterWeight weight)
    {
        if (!_bases.TryGetValue(weight.Kind, out SparseGradBasis? basis))
        {
            basis = SparseGradBasis.Create(
                _kernels, weight.Outputs, weight.Inputs,
                ReadFloats(SparseGradAdapterNames.OutputBasis(weight.Kind)), ReadFloats(SparseGradAdapterNames.InputBasis(weight.Kind)));
            _bases.Add(weight.Kind, basis);
        }

        return basis;
    }

    /// <summary>The scatter takes rising places inside the weight for granted.</summary>
    private uint[] ReadIndices(SparseGradAdapterWeight weight)
    {
        string name = SparseGradAdapterNames.Indices(weight.Name);
        long[] indices = new long[weight.Entries];
        _file.ReadInt64(name, indices);
        long most = ((long)weight.Small * weight.Large) - 1;
        for (int i = 0; i < indices.Length; i++)
        {
            if (indices[i] < 0 || indices[i] > most)
                throw new ModelFolderException(_file.Path, $"{Printable.Quote(name)} has the index {indices[i]}, expected 0 to {most}; the file is damaged, copy it again");
            if (i > 0 && indices[i] <= indices[i - 1])
                throw new ModelFolderException(_file.Path, $"{Printable.Quote(name)} has the index {indices[i]} behind {indices[i - 1]}, but indices must rise; the file is damaged, copy it again");
        }

        return Array.ConvertAll(indices, index => (uint)index);
    }

    private float[] ReadFloats(string name)
    {
        float[] values = new float[_file[name].ElementCount];
        _file.ReadFloats(name, values);
        return values;
    }
}
