using VkSparseGrad.Kernels;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>A base model with an adapter on top: the weights of the trained model.</summary>
/// <remarks>
/// Opening checks names, types and shapes of all tensors, and reads the base once to make sure that it is the one the adapter
/// was trained from. The weights are read from disk when asked for, so a model built from this needs no second copy in memory.
/// What changes need on the device stays there from its first use until this is disposed, which may be as soon as the model is
/// built. <see cref="Adapter"/> describes the files.
/// </remarks>
public sealed class AdaptedWeights : IWeightSource, IDisposable
{
    private readonly IWeightSource _base;
    private readonly AdapterReader _reader;
    private readonly Dictionary<string, WeightChange> _changes;
    private readonly IReadOnlyDictionary<string, string> _whole;

    private AdaptedWeights(IWeightSource baseWeights, AdapterReader reader, AdapterDescription description, AdapterContents contents, bool namesItsBase)
    {
        _base = baseWeights;
        _reader = reader;
        _changes = contents.Changes.ToDictionary(change => change.Name, StringComparer.Ordinal);
        _whole = contents.Whole;
        Description = description;
        if (!namesItsBase)
            Warning = $"{reader.File.Path}: the adapter does not say by a fingerprint what base it was trained from; only names and shapes were compared, so make sure that it was this one.";
    }

    /// <summary>What the adapter is of.</summary>
    public AdapterDescription Description { get; }

    /// <summary>A line to show where the base could not be told from another of the same shape; else null.</summary>
    public string? Warning { get; }

    /// <summary>Opens an adapter on the model that it was trained from.</summary>
    /// <param name="kernels">Where changes are computed. Stays the caller's.</param>
    /// <param name="baseWeights">The weights that training began with. Stays the caller's, and open until this is disposed.</param>
    /// <param name="adapterFolder">Holds <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</param>
    /// <exception cref="ModelFolderException">
    /// A file is missing, the adapter is of another kind or version or of another base, something trained is missing from it, or
    /// a shape or type does not fit the base.
    /// </exception>
    /// <exception cref="SafetensorsException">The tensors' file is malformed.</exception>
    public static AdaptedWeights Open(IKernels kernels, IWeightSource baseWeights, string adapterFolder)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(baseWeights);
        ArgumentNullException.ThrowIfNull(adapterFolder);
        SafetensorsFile file = AdapterFiles.OpenTensors(adapterFolder);
        try
        {
            AdapterConfig config = AdapterFiles.ReadConfig(adapterFolder, file);
            AdapterContents contents = config.For(baseWeights);
            new AdapterCheck(file, config.Description, contents, baseWeights).Run();
            bool namesItsBase = BaseFingerprint.Check(file, config.Description, baseWeights);
            return new AdaptedWeights(baseWeights, new AdapterReader(kernels, file), config.Description, contents, namesItsBase);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool Contains(string name) => _whole.ContainsKey(name) || _base.Contains(name);

    /// <inheritdoc/>
    public IReadOnlyList<long> ShapeOf(string name) =>
        _whole.TryGetValue(name, out string? tensor) ? _reader.File[tensor].Shape : _base.ShapeOf(name);

    /// <inheritdoc/>
    /// <remarks>This waits for the device where a change is computed.</remarks>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is not as long as the weight.</exception>
    /// <exception cref="ModelFolderException">The adapter's indices for this weight are out of range or do not rise, or a value is not finite.</exception>
    public void Read(string name, Span<float> destination)
    {
        IReadOnlyList<long> shape = ShapeOf(name);
        long length = shape.Aggregate(1L, (product, dimension) => product * dimension);
        if (destination.Length != length)
            throw new ArgumentException($"'{name}' has {length} elements, the destination {destination.Length}", nameof(destination));
        if (_whole.TryGetValue(name, out string? tensor))
        {
            _reader.File.ReadFloats(tensor, destination);
        }
        else
        {
            _base.Read(name, destination);
            if (!_changes.TryGetValue(name, out WeightChange? change))
                return;
            change.AddTo(_reader, shape, destination);
        }

        RequireFinite(name, destination);
    }

    /// <inheritdoc/>
    /// <remarks>What the adapter changes is 32 bits wide, whatever the base has.</remarks>
    public WeightFormat FormatOf(string name) => IsUnchanged(name) ? _base.FormatOf(name) : WeightFormat.Float32;

    /// <inheritdoc/>
    public void ReadHalves(string name, Span<ushort> destination)
    {
        if (!IsUnchanged(name))
            throw new InvalidOperationException($"'{name}' is changed by the adapter, and so not of 16-bit elements");
        _base.ReadHalves(name, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private bool IsUnchanged(string name) => !_whole.ContainsKey(name) && !_changes.ContainsKey(name);

    private void RequireFinite(string name, ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw new ModelFolderException(_reader.File.Path, FormattableString.Invariant($"with this adapter {Printable.Quote(name)} is {values[i]} at element {i}; the file is damaged, copy it again"));
        }
    }
}
