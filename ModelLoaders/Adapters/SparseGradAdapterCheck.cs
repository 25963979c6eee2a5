using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Checks that an adapter's two files and its base fit together: every tensor is there, of the right type and of the
/// base's shape, and none is there that would be left out. Reads no tensor.</summary>
internal sealed class SparseGradAdapterCheck(SafetensorsFile file, SparseGradAdapterConfig config, IWeightSource baseWeights)
{
    /// <summary>A parameter that tells the hidden size.</summary>
    private const string Gain = "bert.embeddings.LayerNorm.weight";

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <exception cref="ModelFolderException">Something is missing or does not fit.</exception>
    public void Run()
    {
        foreach (SparseGradAdapterWeight weight in config.Sparse)
            RequireSparse(weight);
        Dictionary<string, long[]> head = HeadThatTheBaseLacks();
        foreach (string name in config.Dense)
        {
            long[]? shape = baseWeights.Contains(name) ? [.. baseWeights.ShapeOf(name)] : head.GetValueOrDefault(name);
            RequireFloats(name, shape ?? throw NotInBase(name));
        }

        foreach (string name in head.Keys.Where(name => !_known.Contains(name)))
            throw Error($"'{name}' is neither in the adapter nor in the base model, so it would be random; save the adapter again, with its head");
        if (file.Tensors.FirstOrDefault(tensor => !_known.Contains(tensor.Name)) is { } stranger)
            throw Error($"{Printable.Quote(stranger.Name)} is not listed in {SparseGradAdapter.ConfigFileName}; the two files do not belong together, copy both again");
    }

    private void RequireSparse(SparseGradAdapterWeight weight)
    {
        if (!baseWeights.Contains(weight.Name))
            throw NotInBase(weight.Name);
        long[] shape = [weight.Outputs, weight.Inputs];
        if (!baseWeights.ShapeOf(weight.Name).SequenceEqual(shape))
            throw OtherShape(weight.Name, shape, baseWeights.ShapeOf(weight.Name));
        RequireFloats(SparseGradAdapterNames.OutputBasis(weight.Kind), weight.Outputs, weight.Outputs);
        RequireFloats(SparseGradAdapterNames.InputBasis(weight.Kind), weight.Inputs, weight.Inputs);
        RequireFloats(SparseGradAdapterNames.Values(weight.Name), weight.Entries);
        SafetensorsTensor indices = Require(SparseGradAdapterNames.Indices(weight.Name), weight.Entries);
        if (indices.Type != SafetensorsType.I64)
            throw Error($"{Printable.Quote(indices.Name)} is {indices.Type.Name()}; indices must be I64");
    }

    private void RequireFloats(string name, params long[] shape)
    {
        SafetensorsTensor tensor = Require(name, shape);
        if (!tensor.Type.IsFloat())
            throw Error($"{Printable.Quote(name)} is {tensor.Type.Name()}; it must be F64, F32, F16 or BF16");
    }

    private SafetensorsTensor Require(string name, params long[] shape)
    {
        if (!file.TryGet(name, out SafetensorsTensor? tensor))
            throw Error($"{Printable.Quote(name)} was trained but is missing; the adapter is not whole, copy or save it again");
        if (!tensor.Shape.SequenceEqual(shape))
            throw OtherShape(name, tensor.Shape, shape);
        _known.Add(name);
        return tensor;
    }

    /// <summary>Parameters that a base may lack, with their shapes; made anew when training began, so they were trained.</summary>
    private Dictionary<string, long[]> HeadThatTheBaseLacks()
    {
        if (!baseWeights.Contains(Gain) || baseWeights.ShapeOf(Gain) is not [long hidden])
            throw NotInBase(Gain);
        var head = new Dictionary<string, long[]>(StringComparer.Ordinal)
        {
            ["bert.pooler.dense.weight"] = [hidden, hidden],
            ["bert.pooler.dense.bias"] = [hidden],
            ["classifier.weight"] = [config.Labels, hidden],
            ["classifier.bias"] = [config.Labels],
        };
        foreach (string name in head.Keys.Where(baseWeights.Contains).ToArray())
            head.Remove(name);
        return head;
    }

    private ModelFolderException OtherShape(string name, IEnumerable<long> found, IEnumerable<long> wanted) => Error(
        $"{Printable.Quote(name)} is {Printable.Shape(found)}, but the base model and {SparseGradAdapter.ConfigFileName} make it " +
        $"{Printable.Shape(wanted)}; {UseItsBase}");

    private ModelFolderException NotInBase(string name) => Error($"the base model has no {Printable.Quote(name)}; {UseItsBase}");

    private string UseItsBase => $"open the adapter with the model it was trained from, {Printable.Quote(config.BaseModel)}";

    private ModelFolderException Error(string problem) => new(file.Path, problem);
}
