using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>The weights of a model in a Hugging Face folder, under their canonical names.</summary>
/// <remarks>
/// Opening checks every name and shape; weights are read from disk when asked for, so the source may be larger than memory.
/// What is not in the files and may be made anew is listed in <see cref="NewlyInitialized"/>, and <see cref="Contains"/> denies it.
/// </remarks>
public abstract class ModelCheckpoint : IWeightSource, IDisposable
{
    /// <summary>The weights' file name in a model folder, where they are in one file.</summary>
    public const string FileName = WeightFiles.SingleName;

    /// <summary>The command's option that makes a new head; named in messages.</summary>
    public const string ResetHeadOption = "--reset-head";

    private readonly Dictionary<string, SafetensorsTensor> _weights = new(StringComparer.Ordinal);
    private readonly IFileNames _names;
    private readonly int? _labels;

    private protected ModelCheckpoint(
        string folder,
        WeightFiles files,
        IFileNames names,
        IReadOnlyList<ModelParameter> parameters,
        int? labels,
        Func<ModelParameter, SafetensorsTensor, bool> isWanted)
    {
        Folder = folder;
        Files = files;
        _names = names;
        _labels = labels;
        Dictionary<string, ModelParameter> expected = parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);

        var ignored = new List<string>();
        var renamed = new List<WeightRename>();
        foreach (SafetensorsTensor tensor in files.Tensors)
        {
            if (names.IsBuffer(tensor.Name))
                continue;
            if (!expected.TryGetValue(names.Canonical(tensor.Name), out ModelParameter? parameter))
                ignored.Add(tensor.Name);
            else if (isWanted(parameter, tensor))
                Take(parameter, tensor, renamed);
        }

        Ignored = ignored;
        Renamed = renamed;
        RequireTrunk(parameters);
        NewlyInitialized = [.. parameters.Where(p => !_weights.ContainsKey(p.Name)).Select(p => p.Name)];
    }

    /// <summary>The folder it was opened from.</summary>
    public string Folder { get; }

    /// <summary>All parameters of the model, those that are not in the files included.</summary>
    public abstract IReadOnlyList<ModelParameter> Parameters { get; }

    /// <summary>The model's dimensions.</summary>
    public abstract ModelSizes Sizes { get; }

    /// <summary>Names in the files that this model has no use for, such as <c>cls.predictions.bias</c>; constants are not listed.</summary>
    public IReadOnlyList<string> Ignored { get; private protected init; }

    /// <summary>Canonical names of the parameters that the model must initialise itself: what depends on the task, where the files have none. Normal.</summary>
    public IReadOnlyList<string> NewlyInitialized { get; }

    /// <summary>Parameters that the files keep under old names.</summary>
    public IReadOnlyList<WeightRename> Renamed { get; }

    /// <summary>The element types that the files store the model's weights in.</summary>
    public IReadOnlyList<SafetensorsType> WeightTypes => [.. _weights.Values.Select(t => t.Type).Distinct().Order()];

    /// <summary>Paths of the files that the weights are in: one file, or the index and its shards.</summary>
    public IReadOnlyList<string> WeightPaths => Files.Paths;

    internal WeightFiles Files { get; }

    /// <inheritdoc/>
    public bool Contains(string name) => _weights.ContainsKey(name);

    /// <inheritdoc/>
    public IReadOnlyList<long> ShapeOf(string name) => Find(name).Shape;

    /// <inheritdoc/>
    public WeightFormat FormatOf(string name) => Find(name).Type switch
    {
        SafetensorsType.F16 => WeightFormat.Float16,
        SafetensorsType.BF16 => WeightFormat.BFloat16,
        _ => WeightFormat.Float32,
    };

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is not as long as the weight.</exception>
    /// <exception cref="ModelFolderException">A value is not finite: one is enough to make everything after it NaN.</exception>
    public void Read(string name, Span<float> destination)
    {
        SafetensorsTensor tensor = Find(name, destination);
        Files.FileOf(tensor.Name).ReadFloats(tensor.Name, destination);
        for (int i = 0; i < destination.Length; i++)
        {
            if (!float.IsFinite(destination[i]))
                throw NotFinite(tensor, destination[i], i);
        }
    }

    /// <inheritdoc/>
    /// <inheritdoc cref="Read" path="/exception"/>
    public void ReadHalves(string name, Span<ushort> destination)
    {
        SafetensorsTensor tensor = Find(name, destination);
        WeightFormat format = FormatOf(name);
        if (format == WeightFormat.Float32)
            throw new InvalidOperationException($"'{name}' is {tensor.Type.Name()}, which is not of 16-bit elements");
        Files.FileOf(tensor.Name).ReadHalves(tensor.Name, destination);

        // All ones in the exponent: an infinity or not a number.
        int exponent = format == WeightFormat.Float16 ? 0x7C00 : 0x7F80;
        for (int i = 0; i < destination.Length; i++)
        {
            if ((destination[i] & exponent) == exponent)
                throw NotFinite(tensor, Widen(destination[i], format), i);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Files.Dispose();
        GC.SuppressFinalize(this);
    }

    internal SafetensorsTensor? SourceOf(string name) => _weights.GetValueOrDefault(name);

    private static float Widen(ushort bits, WeightFormat format) => format == WeightFormat.Float16
        ? (float)BitConverter.UInt16BitsToHalf(bits)
        : BitConverter.UInt32BitsToSingle((uint)bits << 16);

    private SafetensorsTensor Find(string name) => _weights.TryGetValue(name, out SafetensorsTensor? tensor)
        ? tensor
        : throw new KeyNotFoundException($"{Files.Path}: there is no weight '{name}'");

    private SafetensorsTensor Find<T>(string name, Span<T> destination)
    {
        SafetensorsTensor tensor = Find(name);
        return tensor.ElementCount == destination.Length
            ? tensor
            : throw new ArgumentException($"'{name}' has {tensor.ElementCount} elements, the destination {destination.Length}", nameof(destination));
    }

    private void Take(ModelParameter parameter, SafetensorsTensor tensor, List<WeightRename> renamed)
    {
        if (_weights.TryGetValue(parameter.Name, out SafetensorsTensor? other))
            throw Error(tensor, $"both '{other.Name}' and '{tensor.Name}' are '{parameter.Name}'; remove one of them");
        if (!tensor.Shape.SequenceEqual(parameter.Shape))
            throw ShapeError(parameter, tensor);
        if (!tensor.Type.IsFloat())
            throw Error(tensor, $"'{tensor.Name}' is {tensor.Type.Name()}; weights must be F64, F32, F16 or BF16");
        _weights.Add(parameter.Name, tensor);
        if (tensor.Name != parameter.Name && _names.WithPrefix(tensor.Name) != parameter.Name)
            renamed.Add(new WeightRename(tensor.Name, parameter.Name));
    }

    private ModelFolderException ShapeError(ModelParameter parameter, SafetensorsTensor tensor)
    {
        string found = Printable.Shape(tensor.Shape);
        string wanted = Printable.Shape(parameter.Shape);
        if (!parameter.IsHead || _labels is not { } labels)
            return Error(tensor, $"'{tensor.Name}' is {found} in the file, but {ConfigFile.FileName} makes it {wanted}; the two files do not belong together");
        long inFile = tensor.Shape.Count == 0 ? 1 : tensor.Shape[0];
        return Error(tensor, $"'{tensor.Name}' is {found} in the file ({Labels(inFile)}), but the task needs {wanted} ({Labels(labels)}); " +
            $"choose the task it was trained for, or train with {ResetHeadOption}, which starts from a new head");
    }

    private static string Labels(long count) => FormattableString.Invariant($"{count} label{(count == 1 ? "" : "s")}");

    private void RequireTrunk(IReadOnlyList<ModelParameter> parameters)
    {
        string[] missing = [.. parameters.Where(p => !p.IsOptional && !_weights.ContainsKey(p.Name)).Select(p => p.Name)];
        if (missing.Length == 0)
            return;
        int needed = parameters.Count(p => !p.IsOptional);
        string hint = missing.Length == needed && Files.Tensors.Count > 0
            ? $"; the file's names are like {Printable.Quote(Files.Tensors[0].Name)}, which is not a {_names.Model}'s"
            : _names.HintFor(missing[0]);
        throw new ModelFolderException(Files.Path, $"'{missing[0]}' is missing ({missing.Length} of the trunk's {needed} weights are){hint}");
    }

    private ModelFolderException NotFinite(SafetensorsTensor tensor, float value, int element) =>
        Error(tensor, FormattableString.Invariant($"'{tensor.Name}' is {value} at element {element}; nothing can be trained from that"));

    private ModelFolderException Error(SafetensorsTensor tensor, string problem) => new(Files.FileOf(tensor.Name).Path, problem);
}
