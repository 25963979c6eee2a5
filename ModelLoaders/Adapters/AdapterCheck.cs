using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Checks that an adapter's two files and its base fit together: every tensor is there, of the right type and of the
/// base's shape, and none is there that would be left out. Reads no tensor.</summary>
internal sealed class AdapterCheck(SafetensorsFile file, AdapterDescription description, AdapterContents contents, IWeightSource baseWeights)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <exception cref="ModelFolderException">Something is missing or does not fit.</exception>
    public void Run()
    {
        if (description.Labels == 0 && baseWeights is not LlamaCheckpoint { Labels: null })
            throw Error($"the adapter is a language model's, but the base is none; {UseItsBase}");
        foreach (WeightChange change in contents.Changes)
            RequireChange(change);
        // Made anew when training began, so they were trained.
        Dictionary<string, long[]> head = BaseParameters.MissingHead(baseWeights, description.Labels) ?? throw NotInBase(BaseParameters.WidthOf(baseWeights));
        foreach ((string name, string tensor) in contents.Whole)
        {
            IReadOnlyList<long>? shape = baseWeights.Contains(name) ? baseWeights.ShapeOf(name) : head.GetValueOrDefault(name);
            Require(new AdapterTensor(tensor, shape ?? throw NotInBase(name)));
        }

        foreach (string name in head.Keys.Where(name => !contents.Whole.ContainsKey(name)))
            throw Error($"'{name}' is neither in the adapter nor in the base model, so it would be random; save the adapter again, with its head");
        if (file.Tensors.FirstOrDefault(tensor => !_known.Contains(tensor.Name)) is { } stranger)
            throw Error($"{Printable.Quote(stranger.Name)} is not listed in {Adapter.ConfigFileName}; the two files do not belong together, copy both again");
    }

    private void RequireChange(WeightChange change)
    {
        if (!baseWeights.Contains(change.Name))
            throw NotInBase(change.Name);
        IReadOnlyList<long> shape = baseWeights.ShapeOf(change.Name);
        if (change.StatedShape is { } stated && !stated.SequenceEqual(shape))
            throw OtherShape(change.Name, stated, shape);
        foreach (AdapterTensor tensor in change.Tensors(shape))
            Require(tensor);
    }

    private void Require(AdapterTensor wanted)
    {
        string name = wanted.Name;
        if (!file.TryGet(name, out SafetensorsTensor? tensor))
            throw Error($"{Printable.Quote(name)} was trained but is missing; the adapter is not whole, copy or save it again");
        if (!tensor.Shape.SequenceEqual(wanted.Shape))
            throw OtherShape(name, tensor.Shape, wanted.Shape);
        if (wanted.HoldsIndices && tensor.Type != SafetensorsType.I64)
            throw Error($"{Printable.Quote(name)} is {tensor.Type.Name()}; indices must be I64");
        if (!wanted.HoldsIndices && !tensor.Type.IsFloat())
            throw Error($"{Printable.Quote(name)} is {tensor.Type.Name()}; it must be F64, F32, F16 or BF16");
        _known.Add(name);
    }

    private ModelFolderException OtherShape(string name, IEnumerable<long> found, IEnumerable<long> wanted) => Error(
        $"{Printable.Quote(name)} is {Printable.Shape(found)}, but the base model and {Adapter.ConfigFileName} make it " +
        $"{Printable.Shape(wanted)}; {UseItsBase}");

    private ModelFolderException NotInBase(string name) => Error($"the base model has no {Printable.Quote(name)}; {UseItsBase}");

    private string UseItsBase => $"open the adapter with the model it was trained from, {Printable.Quote(description.BaseModel)}";

    private ModelFolderException Error(string problem) => new(file.Path, problem);
}
