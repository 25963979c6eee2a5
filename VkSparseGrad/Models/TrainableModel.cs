using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models;

/// <summary>A model whose MLP layers every training method can adapt.</summary>
public abstract class TrainableModel : IDisposable
{
    private readonly HashSet<Parameter> replaced = [];
    private readonly List<Parameter> added = [];
    private readonly List<SparseGradBasis> bases = [];
    private readonly PendingChoices pending;

    private protected TrainableModel(IKernels kernels)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        Kernels = kernels;
        pending = new PendingChoices(kernels);
    }

    /// <summary>Where the model lives.</summary>
    public IKernels Kernels { get; }

    /// <summary>All parameters: those loaded, but for MLP weights that SparseGrad has taken, and LoRA's factors.</summary>
    public IEnumerable<Parameter> Parameters => LoadedParameters.Where(parameter => !replaced.Contains(parameter)).Concat(added);

    /// <summary>The names and dimensions of all weights as they were loaded.</summary>
    internal IEnumerable<(string Name, Shape Shape)> LoadedWeights => LoadedParameters.Select(parameter => (parameter.Name, parameter.Shape));

    /// <summary>The MLP layers whose weights SparseGrad trains; none before <see cref="SparseGradPreparation"/> is done.</summary>
    public IEnumerable<SparseGradLinear> SparseGradLayers => MlpLayers.OfType<SparseGradLinear>();

    /// <summary>The layers with a LoRA product.</summary>
    public IEnumerable<LoraLinear> LoraLayers => AdaptedBlocks.SelectMany(block => block.Layers).OfType<LoraLinear>();

    /// <summary>The kinds of MLP layers that a method trains, each with a basis of its own.</summary>
    public abstract IReadOnlyList<LayerKind> MlpKinds { get; }

    /// <summary>The MLP's layers that a method trains, block by block, whatever way their weights are kept.</summary>
    public IEnumerable<ILinear> MlpLayers => AdaptedBlocks.SelectMany(block => MlpKinds.Select(kind => block[kind]));

    /// <summary>Those with dense weights, by kind as in <see cref="MlpKinds"/>.</summary>
    public IReadOnlyList<IReadOnlyList<Linear>> DenseMlpLayers =>
        [.. MlpKinds.Select(kind => (Linear[])[.. AdaptedBlocks.Select(block => block[kind]).OfType<Linear>()])];

    /// <summary>MLP weights that no method but full fine-tuning changes: those of other kinds and of other blocks.</summary>
    public IEnumerable<Parameter> OtherMlpWeights
    {
        get
        {
            HashSet<ILinear> adapted = [.. MlpLayers];
            LayerKind[] kinds = [LayerKind.Intermediate, LayerKind.Output, LayerKind.Gate];
            return AllBlocks.SelectMany(block => kinds.Where(block.Has).Select(kind => block[kind]))
                .Where(layer => !adapted.Contains(layer)).OfType<Linear>().Select(layer => layer.Weight);
        }
    }

    /// <summary>The bases of the MLP's kinds, as in <see cref="MlpKinds"/>; none before the layers are rotated.</summary>
    public IReadOnlyList<SparseGradBasis> Bases => bases;

    /// <summary>The layers that are trained whatever the method: those of a classifier's head.</summary>
    public abstract IReadOnlyList<Linear> Head { get; }

    /// <summary>All parameters as they were loaded.</summary>
    private protected abstract IReadOnlyList<Parameter> LoadedParameters { get; }

    /// <summary>The model's blocks.</summary>
    private protected abstract IReadOnlyList<Block> AllBlocks { get; }

    /// <summary>The blocks whose layers a method adapts.</summary>
    private protected abstract IReadOnlyList<Block> AdaptedBlocks { get; }

    /// <summary>Reads a weight as it is now, dense, whatever way it is kept. Waits for the device.</summary>
    /// <param name="name">The canonical name.</param>
    /// <param name="destination">As long as the weight.</param>
    /// <exception cref="KeyNotFoundException">The model has no such weight.</exception>
    public void ReadWeight(string name, Span<float> destination)
    {
        using WidenedWeight dense = DenseWeight(name);
        Kernels.Download(dense.Value, destination);
    }

    /// <summary>A weight as it is now, dense, whatever way it is kept.</summary>
    /// <inheritdoc cref="ReadWeight" path="/exception"/>
    internal WidenedWeight DenseWeight(string name)
    {
        if (SparseGradLayers.FirstOrDefault(layer => layer.Weight.Name == name) is SparseGradLinear layer)
        {
            return layer.Weight.IsRotated
                ? new WidenedWeight(layer.Weight.ToDense(Kernels), isCopy: true)
                : new WidenedWeight(layer.Weight.Value, isCopy: false);
        }

        if (LoraLayers.FirstOrDefault(layer => layer.Weight.Name == name) is LoraLinear adapted)
        {
            return new WidenedWeight(adapted.ToDense(Kernels), isCopy: true);
        }

        return Parameters.FirstOrDefault(parameter => parameter.Name == name) is Parameter parameter
            ? parameter.Widen(Kernels)
            : throw new KeyNotFoundException($"The model has no weight {name}.");
    }

    /// <summary>Puts SparseGrad's layers in the place of the dense MLP layers of one kind. The dense weights are freed.</summary>
    /// <param name="kind">Its number in <see cref="MlpKinds"/>.</param>
    /// <param name="basis">Of this kind; the model's from here on.</param>
    /// <param name="kept">The number of a weight's coefficients that a step updates.</param>
    /// <param name="selection">How they are chosen.</param>
    /// <param name="isRotated">Whether a weight is kept half-rotated, which may depend on whether its block is the model's last.</param>
    internal void ReplaceMlpLayers(
        int kind, SparseGradBasis basis, Func<Parameter, int> kept, Selection selection, Func<Parameter, bool, bool> isRotated)
    {
        LayerKind place = MlpKinds[kind];
        bases.Add(basis);
        foreach (Block block in AdaptedBlocks)
        {
            if (block[place] is Linear dense)
            {
                Parameter weight = dense.Weight;
                var rotated = new SparseGradWeight(
                    Kernels, weight.Name, weight.Value, basis, kept(weight), selection, isRotated(weight, block == AllBlocks[^1]), pending);
                replaced.Add(weight);
                weight.Dispose();
                block[place] = new SparseGradLinear(rotated, dense.Bias);
            }
        }
    }

    /// <summary>Puts layers with a LoRA product in the place of dense ones, whose weights stay as they are.</summary>
    /// <param name="options">Rank, scale, dropout and which layers.</param>
    /// <param name="seed">For the factors A. Factors B begin with zeros, so that the model is what it was.</param>
    internal void AddLora(LoraOptions options, ulong seed)
    {
        // All factors come first, so that one that finds no memory leaves the model as it was.
        using var scope = DisposeScope.Open();
        var layers = new List<(Block Block, LayerKind Kind, LoraLinear Layer)>();
        foreach (Block block in AdaptedBlocks)
        {
            foreach (LayerKind kind in options.Targets)
            {
                var dense = (Linear)block[kind];
                string layer = dense.Weight.Name[..^".weight".Length];
                (int outputs, int inputs) = dense.Weight.Shape;

                // Uniform as PEFT's A: Kaiming's bound with a = sqrt(5).
                var values = new float[options.Rank * inputs];
                string name = $"{layer}.lora_A.weight";
                WeightInitializer.FillUniform(name, seed, 1 / Math.Sqrt(inputs), values);
                var down = new Parameter(
                    name, Kernels.FromArray(new Shape(options.Rank, inputs), values, MemoryCategory.Weights), isVector: false);
                scope.Add(down);
                var up = new Parameter(
                    $"{layer}.lora_B.weight", Kernels.Zeros(new Shape(outputs, options.Rank), MemoryCategory.Weights), isVector: false);
                scope.Add(up);
                layers.Add((block, kind, new LoraLinear(
                    dense, down, up, options.Scale, options.Dropout, DropoutStreams.OfLora(block.Index, kind))));
            }
        }

        scope.Keep();
        foreach ((Block block, LayerKind kind, LoraLinear layer) in layers)
        {
            added.AddRange([layer.Down, layer.Up]);
            block[kind] = layer;
        }
    }

    /// <summary>For whoever starts training: what a run has put into the model belongs to that run, and so do the gradients that
    /// it takes as they go by.</summary>
    internal void ThrowIfAdapted()
    {
        if (bases.Count > 0 || added.Count > 0)
        {
            throw new InvalidOperationException(
                "An earlier run rotated this model's MLP layers or added LoRA's factors. Save the model and load it anew.");
        }

        if (LoadedParameters.Any(parameter => parameter.GradientObserver is not null))
        {
            throw new InvalidOperationException("Another run of this model takes its gradients. Dispose that one first.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DisposeLayers();
        bases.ForEach(basis => basis.Dispose());
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees everything that was loaded, and what took its place.</summary>
    private protected abstract void DisposeLayers();
}
