using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>The weights of a BERT or RoBERTa in a Hugging Face folder, under their canonical names.</summary>
/// <remarks>
/// Opening checks every name and shape; weights are read from disk when asked for, so the source may be larger than memory.
/// What is not in the file and may be made anew is listed in <see cref="NewlyInitialized"/>, and <see cref="Contains"/> denies it.
/// </remarks>
public sealed class BertCheckpoint : IWeightSource, IDisposable
{
    /// <summary>The weights' file name in a model folder.</summary>
    public const string FileName = "model.safetensors";

    /// <summary>The command's option that makes a new head; named in messages.</summary>
    public const string ResetHeadOption = "--reset-head";

    private readonly Dictionary<string, SafetensorsTensor> _weights = new(StringComparer.Ordinal);

    private BertCheckpoint(string folder, BertConfig config, SafetensorsFile file, Func<BertParameter, SafetensorsTensor, bool> isWanted)
    {
        Folder = folder;
        Config = config;
        File = file;
        Names = new BertFileNames(BertNames.Of(config.Family));
        Parameters = [.. BertParameters.Of(config)];
        Dictionary<string, BertParameter> expected = Parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);

        var ignored = new List<string>();
        var renamed = new List<WeightRename>();
        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            string name = Names.Canonical(tensor.Name);
            if (Names.IsBuffer(tensor.Name))
                continue;
            if (!expected.TryGetValue(name, out BertParameter? parameter))
                ignored.Add(tensor.Name);
            else if (isWanted(parameter, tensor))
                Take(parameter, tensor, renamed);
        }

        Ignored = ignored;
        Renamed = renamed;
        RequireTrunk();
        NewlyInitialized = [.. Parameters.Where(p => !_weights.ContainsKey(p.Name)).Select(p => p.Name)];
    }

    /// <summary>The folder it was opened from.</summary>
    public string Folder { get; }

    /// <summary>The model's dimensions, with the task's number of labels.</summary>
    public BertConfig Config { get; }

    /// <summary>All parameters of the model, those that are not in the file included.</summary>
    public IReadOnlyList<BertParameter> Parameters { get; }

    /// <summary>Whether the trunk's names in the file lack the <c>bert.</c> or <c>roberta.</c> prefix.</summary>
    public bool IsBare => BertFileNames.IsBareTrunk(SourceOf(Parameters[0].Name)!.Name);

    /// <summary>Names in the file that this model has no use for, such as <c>cls.predictions.bias</c>; index buffers are not listed.</summary>
    public IReadOnlyList<string> Ignored { get; }

    /// <summary>Canonical names of the parameters that the model must initialise itself: head and pooler where the file has none. Normal.</summary>
    public IReadOnlyList<string> NewlyInitialized { get; }

    /// <summary>Parameters that the file keeps under the old LayerNorm names.</summary>
    public IReadOnlyList<WeightRename> Renamed { get; }

    /// <summary>The element types that the file stores the model's weights in.</summary>
    public IReadOnlyList<SafetensorsType> WeightTypes => [.. _weights.Values.Select(t => t.Type).Distinct().Order()];

    internal SafetensorsFile File { get; }

    internal BertFileNames Names { get; }

    /// <summary>Opens the model of a folder for a task.</summary>
    /// <param name="folder">Holds <c>config.json</c> and <c>model.safetensors</c>.</param>
    /// <param name="labels">The number of classifier outputs the task needs, 1 for regression.</param>
    /// <param name="resetHead">Whether to leave a classifier in the file unread and make a new one.</param>
    /// <exception cref="ModelFolderException">
    /// A file is missing, a weight of the trunk is missing or given twice, or a shape or type does not fit.
    /// </exception>
    /// <exception cref="SafetensorsException">The weights' file is malformed.</exception>
    public static BertCheckpoint Open(string folder, int labels, bool resetHead = false) =>
        Open(folder, labels, (parameter, _) => !(parameter.IsHead && resetHead));

    /// <summary>Opens the base of an adapter. The classifier is the adapter's, so one in the file that is for another number of
    /// labels is left unread.</summary>
    /// <param name="folder">Holds <c>config.json</c> and <c>model.safetensors</c>.</param>
    /// <param name="labels">The adapter's number of classifier outputs.</param>
    /// <inheritdoc cref="Open(string, int, bool)" path="/exception"/>
    public static BertCheckpoint OpenForAdapter(string folder, int labels) =>
        Open(folder, labels, (parameter, tensor) => !parameter.IsHead || tensor.Shape.SequenceEqual(parameter.Shape));

    private static BertCheckpoint Open(string folder, int labels, Func<BertParameter, SafetensorsTensor, bool> isWanted)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(labels);
        BertConfig config = BertConfigFile.Read(folder, labels);
        string path = Path.Combine(folder, FileName);
        if (!System.IO.File.Exists(path))
            throw new ModelFolderException(folder, $"the folder has no {FileName}{InsteadOfWeights(folder)}");
        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            return new BertCheckpoint(folder, config, file, isWanted);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool Contains(string name) => _weights.ContainsKey(name);

    /// <inheritdoc/>
    public IReadOnlyList<long> ShapeOf(string name) => Find(name).Shape;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is not as long as the weight.</exception>
    /// <exception cref="ModelFolderException">A value is not finite: one is enough to make everything after it NaN.</exception>
    public void Read(string name, Span<float> destination)
    {
        SafetensorsTensor tensor = Find(name);
        if (destination.Length != tensor.ElementCount)
            throw new ArgumentException($"'{name}' has {tensor.ElementCount} elements, the destination {destination.Length}", nameof(destination));
        File.ReadFloats(tensor.Name, destination);
        for (int i = 0; i < destination.Length; i++)
        {
            if (!float.IsFinite(destination[i]))
                throw Error(FormattableString.Invariant($"'{tensor.Name}' is {destination[i]} at element {i}; nothing can be trained from that"));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    internal SafetensorsTensor? SourceOf(string name) => _weights.GetValueOrDefault(name);

    private SafetensorsTensor Find(string name) => _weights.TryGetValue(name, out SafetensorsTensor? tensor)
        ? tensor
        : throw new KeyNotFoundException($"{File.Path}: there is no weight '{name}'");

    private void Take(BertParameter parameter, SafetensorsTensor tensor, List<WeightRename> renamed)
    {
        if (_weights.TryGetValue(parameter.Name, out SafetensorsTensor? other))
            throw Error($"both '{other.Name}' and '{tensor.Name}' are '{parameter.Name}'; remove one of them");
        if (!tensor.Shape.SequenceEqual(parameter.Shape))
            throw ShapeError(parameter, tensor);
        if (!tensor.Type.IsFloat())
            throw Error($"'{tensor.Name}' is {tensor.Type.Name()}; weights must be F64, F32, F16 or BF16");
        _weights.Add(parameter.Name, tensor);
        if (tensor.Name != parameter.Name && Names.WithPrefix(tensor.Name) != parameter.Name)
            renamed.Add(new WeightRename(tensor.Name, parameter.Name));
    }

    private ModelFolderException ShapeError(BertParameter parameter, SafetensorsTensor tensor)
    {
        string found = Printable.Shape(tensor.Shape);
        string wanted = Printable.Shape(parameter.Shape);
        if (!parameter.IsHead)
            return Error($"'{tensor.Name}' is {found} in the file, but {BertConfigFile.FileName} makes it {wanted}; the two files do not belong together");
        long inFile = tensor.Shape.Count == 0 ? 1 : tensor.Shape[0];
        return Error($"'{tensor.Name}' is {found} in the file ({Labels(inFile)}), but the task needs {wanted} ({Labels(Config.Labels)}); " +
            $"choose the task it was trained for, or train with {ResetHeadOption}, which starts from a new head");
    }

    private static string Labels(long count) => FormattableString.Invariant($"{count} label{(count == 1 ? "" : "s")}");

    private void RequireTrunk()
    {
        string[] missing = [.. Parameters.Where(p => !p.IsOptional && !_weights.ContainsKey(p.Name)).Select(p => p.Name)];
        if (missing.Length == 0)
            return;
        int needed = Parameters.Count(p => !p.IsOptional);
        string hint = missing.Length == needed && File.Tensors.Count > 0
            ? $"; the file's names are like {Printable.Quote(File.Tensors[0].Name)}, which is not a {BertNames.Of(Config.Family).Model}'s"
            : "";
        throw Error($"'{missing[0]}' is missing ({missing.Length} of the trunk's {needed} weights are){hint}");
    }

    private static string InsteadOfWeights(string folder)
    {
        if (System.IO.File.Exists(Path.Combine(folder, FileName + ".index.json")))
            return ", but an index of shards; merge the shards into one file, this model must come in one";
        return System.IO.File.Exists(Path.Combine(folder, "pytorch_model.bin"))
            ? ", but a pytorch_model.bin; convert it to safetensors"
            : "; is it a Hugging Face model folder?";
    }

    private ModelFolderException Error(string problem) => new(File.Path, problem);
}
