using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Models;

/// <summary>BERT or RoBERTa with a sequence classification head. Devlin et al., arXiv:1810.04805; Liu et al., arXiv:1907.11692.</summary>
/// <remarks>Sequences are packed without padding, and in the last block only the first token of each sequence is computed after
/// attention, since the head sees no other.</remarks>
public sealed class BertClassifier : IDisposable
{
    private readonly IReadOnlyList<Parameter> parameters;
    private readonly Parameter words;
    private readonly Parameter positions;
    private readonly Parameter tokenTypes;
    private readonly Parameter embeddingGain;
    private readonly Parameter embeddingBias;
    private readonly BertBlock[] blocks;
    private readonly Linear pooler;
    private readonly Linear classifier;
    private readonly HashSet<Parameter> replaced = [];
    private readonly List<Parameter> added = [];
    private readonly List<SparseGradBasis> bases = [];

    /// <summary>Loads a model.</summary>
    /// <param name="kernels">Where it shall live. Stays the caller's.</param>
    /// <param name="config">Its dimensions.</param>
    /// <param name="weights">Its weights under canonical names. The head is made anew where it is absent.</param>
    /// <param name="seed">For what is made anew.</param>
    /// <exception cref="ArgumentException">A weight of the trunk is absent, or a shape differs.</exception>
    public BertClassifier(IKernels kernels, BertConfig config, IWeightSource weights, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(weights);
        Kernels = kernels;
        Config = config;
        var loaded = new ParameterSet(kernels, weights, seed);
        parameters = loaded.All;
        try
        {
            int hidden = config.HiddenSize;
            BertNames names = BertNames.Of(config.Family);
            words = loaded.Matrix($"{names.Prefix}embeddings.word_embeddings.weight", config.VocabularySize, hidden);
            positions = loaded.Matrix($"{names.Prefix}embeddings.position_embeddings.weight", config.MaxPositions, hidden);
            tokenTypes = loaded.Matrix($"{names.Prefix}embeddings.token_type_embeddings.weight", config.TokenTypes, hidden);
            embeddingGain = loaded.Vector($"{names.Prefix}embeddings.LayerNorm.weight", hidden);
            embeddingBias = loaded.Vector($"{names.Prefix}embeddings.LayerNorm.bias", hidden);
            blocks = [.. Enumerable.Range(0, config.Layers).Select(index => new BertBlock(config, loaded, index))];
            pooler = loaded.Linear(names.HeadDense, hidden, hidden, mayBeNew: true);
            classifier = loaded.Linear(names.Classifier, config.Labels, hidden, mayBeNew: true);
        }
        catch
        {
            foreach (Parameter parameter in parameters)
            {
                parameter.Dispose();
            }

            throw;
        }
    }

    /// <summary>Where the model lives.</summary>
    public IKernels Kernels { get; }

    /// <summary>Its dimensions.</summary>
    public BertConfig Config { get; }

    /// <summary>All parameters: those loaded, but for MLP weights that SparseGrad has rotated, and LoRA's factors.</summary>
    public IEnumerable<Parameter> Parameters => parameters.Where(parameter => !replaced.Contains(parameter)).Concat(added);

    /// <summary>The MLP layers whose weights SparseGrad trains; none before <see cref="SparseGradPreparation"/> is done.</summary>
    public IEnumerable<SparseGradLinear> SparseGradLayers => MlpLayers.OfType<SparseGradLinear>();

    /// <summary>The layers with a LoRA product.</summary>
    public IEnumerable<LoraLinear> LoraLayers =>
        blocks.SelectMany(block => Enum.GetValues<LayerKind>().Select(kind => block[kind])).OfType<LoraLinear>();

    /// <summary>The MLP's layers, block by block, whatever way their weights are kept.</summary>
    public IEnumerable<ILinear> MlpLayers =>
        blocks.SelectMany(block => (ILinear[])[block[LayerKind.Intermediate], block[LayerKind.Output]]);

    /// <summary>The MLP layers with dense weights, by kind: all <c>intermediate.dense</c>, and all <c>output.dense</c>.</summary>
    public IReadOnlyList<IReadOnlyList<Linear>> DenseMlpLayers =>
    [
        [.. blocks.Select(block => block[LayerKind.Intermediate]).OfType<Linear>()],
        [.. blocks.Select(block => block[LayerKind.Output]).OfType<Linear>()],
    ];

    /// <summary>The bases of the MLP's kinds, as in <see cref="DenseMlpLayers"/>; none before the layers are rotated.</summary>
    public IReadOnlyList<SparseGradBasis> Bases => bases;

    /// <summary>The head's layers: pooler (RoBERTa's has another name) and classifier.</summary>
    public IReadOnlyList<Linear> Head => [pooler, classifier];

    /// <summary>Computes the last hidden states of every token.</summary>
    /// <returns>[T, hidden], on the tape.</returns>
    public Variable HiddenStates(Tape tape, PackedBatch batch)
    {
        Variable hidden = Embed(tape, batch);
        foreach (BertBlock block in blocks)
        {
            hidden = tape.Stretch(hidden, x => block.Forward(tape, x, batch, firstTokensOnly: false));
        }

        return hidden;
    }

    /// <summary>Computes the logits of each sequence.</summary>
    /// <returns>[B, labels], on the tape.</returns>
    public Variable Logits(Tape tape, PackedBatch batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(batch);
        Variable hidden = Embed(tape, batch);
        foreach (BertBlock block in blocks)
        {
            bool isLast = block.Index == blocks.Length - 1;
            hidden = tape.Stretch(hidden, x => block.Forward(tape, x, batch, firstTokensOnly: isLast));
        }

        if (Config.Family == BertFamily.Roberta)
        {
            hidden = tape.ApplyDropout(hidden, tape.Dropout(Config.ClassifierDropout, DropoutStreams.Head));
        }

        Variable pooled = pooler.Forward(tape, hidden);
        tape.Release(hidden);
        Variable activated = tape.Tanh(pooled);
        tape.Release(pooled);
        Variable dropped = tape.ApplyDropout(activated, tape.Dropout(Config.ClassifierDropout, DropoutStreams.Classifier));
        Variable logits = classifier.Forward(tape, dropped);
        tape.Release(dropped);
        return logits;
    }

    /// <summary>Reads a weight as it is now, dense, whatever way it is kept. Waits for the device.</summary>
    /// <param name="name">The canonical name.</param>
    /// <param name="destination">As long as the weight.</param>
    /// <exception cref="KeyNotFoundException">The model has no such weight.</exception>
    public void ReadWeight(string name, Span<float> destination)
    {
        if (SparseGradLayers.FirstOrDefault(layer => layer.Weight.Name == name) is SparseGradLinear layer)
        {
            using Tensor dense = layer.Weight.ToDense(Kernels);
            Kernels.Download(dense, destination);
        }
        else if (LoraLayers.FirstOrDefault(layer => layer.Weight.Name == name) is LoraLinear adapted)
        {
            using Tensor dense = adapted.ToDense(Kernels);
            Kernels.Download(dense, destination);
        }
        else if (Parameters.FirstOrDefault(parameter => parameter.Name == name) is Parameter parameter)
        {
            Kernels.Download(parameter.Value, destination);
        }
        else
        {
            throw new KeyNotFoundException($"The model has no weight {name}.");
        }
    }

    /// <summary>Puts half-rotated layers in the place of the dense MLP layers of one kind. The dense weights are freed.</summary>
    /// <param name="kind">0 for <c>intermediate.dense</c>, 1 for <c>output.dense</c>, as in <see cref="DenseMlpLayers"/>.</param>
    /// <param name="basis">Of this kind; the model's from here on.</param>
    /// <param name="fraction">Share of each weight's coefficients that a step updates, above 0 to 1.</param>
    /// <param name="selection">How they are chosen.</param>
    internal void RotateMlpLayers(int kind, SparseGradBasis basis, double fraction, Selection selection)
    {
        LayerKind place = kind == 0 ? LayerKind.Intermediate : LayerKind.Output;
        bases.Add(basis);
        foreach (BertBlock block in blocks)
        {
            if (block[place] is Linear dense)
            {
                Parameter weight = dense.Weight;
                var rotated = new HalfRotatedWeight(
                    Kernels, weight.Name, weight.Value, basis, ParameterBudget.Kept(weight, fraction), selection);
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
        using var scope = new DisposeScope();
        var layers = new List<(BertBlock Block, LayerKind Kind, LoraLinear Layer)>();
        foreach (BertBlock block in blocks)
        {
            foreach (LayerKind kind in options.Targets)
            {
                var dense = (Linear)block[kind];
                string layer = dense.Weight.Name[..^".weight".Length];
                (int outputs, int inputs) = dense.Weight.Value.Shape;

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
        foreach ((BertBlock block, LayerKind kind, LoraLinear layer) in layers)
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

        if (parameters.Any(parameter => parameter.GradientObserver is not null))
        {
            throw new InvalidOperationException("Another run of this model takes its gradients. Dispose that one first.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Parameter parameter in (ReadOnlySpan<Parameter>)[words, positions, tokenTypes, embeddingGain, embeddingBias])
        {
            parameter.Dispose();
        }

        foreach (BertBlock block in blocks)
        {
            block.Dispose();
        }

        pooler.Dispose();
        classifier.Dispose();
        bases.ForEach(basis => basis.Dispose());
    }

    private Variable Embed(Tape tape, PackedBatch batch)
    {
        Variable sum = tape.Embedding((words, batch.Words), (positions, batch.Positions), (tokenTypes, batch.TokenTypes));
        Variable normalized = tape.LayerNorm(
            sum, null, embeddingGain, embeddingBias, Config.LayerNormEpsilon, Dropout.None);
        tape.Release(sum);
        return tape.ApplyDropout(normalized, tape.Dropout(Config.HiddenDropout, DropoutStreams.Embeddings));
    }
}
